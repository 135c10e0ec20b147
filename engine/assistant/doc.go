// Package assistant answers leads with Google Gemini.
package assistant
