package assistant

import (
	"context"
	"time"
)

// Model writes replies. [Gemini] is the real one.
type Model interface {
	// Generate returns the model's answer to the prompt, never empty. It
	// fails with a [*ModelError], or with ctx's error if ctx was cancelled.
	Generate(ctx context.Context, prompt Prompt) (string, error)
}

// Prompt is what a model answers.
type Prompt struct {
	Instruction string // who the assistant is and the rules that it keeps
	Lines       []Line // the conversation: first and last a lead's, sides alternating
}

// Line is what one side of the conversation said in one go.
type Line struct {
	Lead bool // the lead said it; otherwise the agency: assistant, agent or phone
	Text string
}

// ModelError says why a model gave no answer.
type ModelError struct {
	Sentence string        // for the agent: what happened, in words
	Detail   string        // for the operator's log; holds no texts and no keys
	Retry    bool          // another attempt may succeed
	After    time.Duration // not before this long from now; zero if the model named no time
}

// Error returns the detail.
func (e *ModelError) Error() string { return e.Detail }
