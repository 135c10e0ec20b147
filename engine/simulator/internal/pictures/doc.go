// Package pictures keeps the profile pictures of people, groups and channels: one for each owner, as JPEG in full and
// as a small preview, each at a path of its own under which it can be fetched. It knows nothing of stanzas.
package pictures
