// Package blob keeps the contents of files under their hash: in a folder, or
// in a bucket of a service that speaks S3.
//
// A content is written once and never changed. Each tenant has its own, even
// if another has the same, so that nobody learns from the store what others
// have. Which rows refer to a content is package store's to know.
package blob
