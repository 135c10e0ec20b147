package assistant

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"google.golang.org/genai"
)

// failure turns an error of the library into ours. The library's text is
// dropped: it may quote the request, the answer or the key. What remains are
// Google's status and reason, which are fixed words.
func (g *Gemini) failure(ctx context.Context, err error) *ModelError {
	if answered, ok := errors.AsType[genai.APIError](err); ok {
		return g.refused(answered)
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		return late()
	}
	return &ModelError{
		Sentence: "Gemini could not be reached or its answer could not be read.",
		Detail:   fmt.Sprintf("gemini could not be reached or its answer not be read (%T)", root(err)),
		Retry:    true,
	}
}

// late returns the error for an answer that did not come in time.
func late() *ModelError {
	return &ModelError{Sentence: "Gemini did not answer in time.", Detail: "gemini gave no answer in time", Retry: true}
}

// root returns the innermost error of a chain.
func root(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// refused returns the error for an answer of Google that is an error.
func (g *Gemini) refused(answered genai.APIError) *ModelError {
	reason := errorReason(answered.Details)
	failure := &ModelError{
		Detail: strings.TrimSpace(fmt.Sprintf("gemini answered %d %s %s for model %s",
			answered.Code, token(answered.Status), token(reason), g.model)),
	}
	switch code := answered.Code; {
	case code == http.StatusTooManyRequests:
		failure.Sentence = "Gemini's limit of requests is reached."
		failure.Retry, failure.After = true, retryDelay(answered.Details)
	case code == http.StatusRequestTimeout, code >= http.StatusInternalServerError, code == 0:
		failure.Sentence = "Gemini is not working properly at the moment."
		failure.Retry, failure.After = true, retryDelay(answered.Details)
	case code == http.StatusUnauthorized, code == http.StatusForbidden, reason == "API_KEY_INVALID", reason == "API_KEY_EXPIRED":
		failure.Sentence = "Gemini does not accept the API key. An administrator has to check GEMINI_API_KEY."
	case code == http.StatusNotFound:
		failure.Sentence = "Gemini has no model “" + g.model + "”. An administrator has to check GEMINI_MODEL."
	case answered.Status == "FAILED_PRECONDITION":
		failure.Sentence = "Gemini is not available for this account or country. An administrator has to check the Google account's billing."
	default:
		failure.Sentence = "Gemini refused the request as invalid. An administrator has to look at the server's log."
	}
	return failure
}

// refusal returns the error for an answer without candidates: the prompt was
// blocked, or Gemini gave nothing at all.
func refusal(feedback *genai.GenerateContentResponsePromptFeedback) *ModelError {
	if feedback == nil || feedback.BlockReason == "" || feedback.BlockReason == genai.BlockedReasonUnspecified {
		return emptyReply("gemini answered without a candidate")
	}
	return blockedReply(string(feedback.BlockReason))
}

// blockedReply returns the error for what Gemini's safety rules stopped. It
// would be stopped again, so a person has to look.
func blockedReply(reason string) *ModelError {
	return &ModelError{
		Sentence: "Gemini's safety rules stopped the reply.",
		Detail:   "gemini blocked the prompt or the reply: " + token(reason),
	}
}

// blocked says whether an answer ended because of Gemini's rules.
func blocked(reason genai.FinishReason) bool {
	switch reason {
	case genai.FinishReasonSafety, genai.FinishReasonBlocklist, genai.FinishReasonProhibitedContent, genai.FinishReasonSPII:
		return true
	default:
		return false
	}
}

// errorReason returns the reason of the google.rpc.ErrorInfo among the
// details, or "".
func errorReason(details []map[string]any) string {
	reason, _ := detail(details, "google.rpc.ErrorInfo")["reason"].(string)
	return reason
}

// retryDelay returns the wait of the google.rpc.RetryInfo among the details,
// or zero.
func retryDelay(details []map[string]any) time.Duration {
	text, _ := detail(details, "google.rpc.RetryInfo")["retryDelay"].(string)
	delay, err := time.ParseDuration(text)
	if err != nil || delay < 0 {
		return 0
	}
	return delay
}

// detail returns the detail of a type, or nil.
func detail(details []map[string]any, name string) map[string]any {
	for _, one := range details {
		if at, _ := one["@type"].(string); strings.HasSuffix(at, "/"+name) {
			return one
		}
	}
	return nil
}

// token returns a word of Google's, such as "RESOURCE_EXHAUSTED", if it looks
// like one, so that nothing else slips into a log.
func token(word string) string {
	const longest = 64
	odd := func(r rune) bool { return r != '_' && (r < 'A' || r > 'Z') && (r < '0' || r > '9') }
	if len(word) > longest || strings.ContainsFunc(word, odd) {
		return "(unreadable)"
	}
	return cmp.Or(word, "(none)")
}
