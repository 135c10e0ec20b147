// Package scripted is a small server that speaks Gemini's wire format and
// answers from a script instead of a model, so that the demo and the tests run
// without a key and without a network.
//
// [Server] serves generateContent and the getting of a model as the Gemini API
// does (https://ai.google.dev/api/generate-content, errors as in
// https://google.aip.dev/193). The script qualifies a lead of an estate agency
// step by step: what they want, where, for how much, when, and whether to view.
// It remembers nothing: what was answered already it reads from the
// conversation in each request. It answers in the language of the lead's last
// message (English, Afrikaans or isiZulu) and says in its first reply that it
// is a script and not Gemini.
//
// For tests it can be told to misbehave, see [Step].
package scripted
