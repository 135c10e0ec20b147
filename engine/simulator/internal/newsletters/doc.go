// Package newsletters keeps WhatsApp's channels: what they are called, who follows, runs or mutes them, what was posted,
// and how people reacted to it. It knows nothing of stanzas and devices; people are named by any text that the caller
// chooses, and times are the caller's.
//
// Rules: a channel has one owner and up to maxAdmins admins; these alone post. Anybody may look at a channel that is
// active, and only those who follow it react and vote. A reaction replaces the same person's earlier one. Messages have
// server ids that count up from 100 in each channel (WhatsApp Web's parser, WASmaxInNewsletters…, accepts 99 to
// 2147476647) and keep them when they are edited or revoked.
package newsletters
