package scripted

import (
	"net/http"
	"time"
)

// Step is how one request for content ends.
type Step func(w http.ResponseWriter, r *http.Request, reply reply)

// reply is what the script would answer.
type reply struct {
	model  string
	text   string
	prompt int // tokens of the request
}

// Answer is the step that answers from the script.
func Answer() Step {
	return func(w http.ResponseWriter, _ *http.Request, reply reply) {
		writeJSON(w, http.StatusOK, reply.response("STOP"))
	}
}

// Say is the step that answers with a text and a finish reason, such as
// "STOP", "MAX_TOKENS" or "SAFETY". An empty text gives a candidate without
// content.
func Say(text, finish string) Step {
	return func(w http.ResponseWriter, _ *http.Request, reply reply) {
		reply.text = text
		writeJSON(w, http.StatusOK, reply.response(finish))
	}
}

// NoUsage is the step that answers from the script and leaves the usage out.
func NoUsage() Step {
	return func(w http.ResponseWriter, _ *http.Request, reply reply) {
		response := reply.response("STOP")
		delete(response, "usageMetadata")
		writeJSON(w, http.StatusOK, response)
	}
}

// Block is the step that refuses the prompt, for a reason such as "SAFETY".
func Block(reason string) Step {
	return func(w http.ResponseWriter, _ *http.Request, reply reply) {
		response := reply.response("")
		delete(response, "candidates")
		response["promptFeedback"] = map[string]any{"blockReason": reason}
		writeJSON(w, http.StatusOK, response)
	}
}

// Empty is the step that answers without any candidate.
func Empty() Step {
	return func(w http.ResponseWriter, _ *http.Request, reply reply) {
		response := reply.response("")
		delete(response, "candidates")
		writeJSON(w, http.StatusOK, response)
	}
}

// Fail is the step that answers with an HTTP status and Google's error body.
func Fail(status int) Step {
	return func(w http.ResponseWriter, _ *http.Request, _ reply) {
		writeError(w, failure{code: status, message: "The script says so."})
	}
}

// Busy is the step that answers 429 and asks to come back after a while.
func Busy(after time.Duration) Step {
	return func(w http.ResponseWriter, _ *http.Request, _ reply) {
		writeError(w, failure{
			code: http.StatusTooManyRequests, message: "The script says so.",
			details: []any{map[string]any{
				"@type":      "type.googleapis.com/google.rpc.RetryInfo",
				"retryDelay": after.String(),
			}},
		})
	}
}

// Garble is the step that answers something which is not JSON.
func Garble() Step {
	return func(w http.ResponseWriter, _ *http.Request, _ reply) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"candidates": [`))
	}
}

// Hang is the step that answers nothing until the client goes away.
func Hang() Step {
	return func(_ http.ResponseWriter, r *http.Request, _ reply) { <-r.Context().Done() }
}
