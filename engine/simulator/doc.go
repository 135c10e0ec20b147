// Package simulator is a WhatsApp network in a box.
package simulator
