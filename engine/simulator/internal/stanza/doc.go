// Package stanza decodes WhatsApp's binary XML from peers that are not trusted: nesting, sizes and inflation are
// bounded and no input makes it panic. (The decoder of whatsmeow trusts the server it talks to, so it can't be used
// here.) The format is the one that whatsmeow's binary package writes; the token dictionaries are its own.
package stanza
