// Package privacy keeps what an account lets others see of it: the value of each privacy category, the people whom a
// category leaves out or lets in, and the block list. It knows nothing of stanzas and has no lock of its own.
//
// The categories and their values are those of whatsmeow's types.PrivacySettingType. A list carries a stamp, the time of
// its last change in milliseconds, by which a client says which list it means to change.
package privacy
