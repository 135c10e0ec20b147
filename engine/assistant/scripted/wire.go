package scripted

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// The request of generateContent, as far as the script reads it. What it
// doesn't read is accepted by name, and anything else refused, as Google does.
type (
	request struct {
		Contents          []content       `json:"contents"`
		SystemInstruction *content        `json:"systemInstruction"`
		GenerationConfig  json.RawMessage `json:"generationConfig"`
		SafetySettings    json.RawMessage `json:"safetySettings"`
		Tools             json.RawMessage `json:"tools"`
		ToolConfig        json.RawMessage `json:"toolConfig"`
		CachedContent     json.RawMessage `json:"cachedContent"`
		Labels            json.RawMessage `json:"labels"`
		Store             json.RawMessage `json:"store"`
	}
	content struct {
		Role  string `json:"role"`
		Parts []part `json:"parts"`
	}
	part struct {
		Text             string          `json:"text"`
		InlineData       json.RawMessage `json:"inlineData"`
		FileData         json.RawMessage `json:"fileData"`
		FunctionCall     json.RawMessage `json:"functionCall"`
		FunctionResponse json.RawMessage `json:"functionResponse"`
		ThoughtSignature string          `json:"thoughtSignature"`
		Thought          bool            `json:"thought"`
	}
)

// readRequest reads and checks a request.
func readRequest(r *http.Request) (request, *failure) {
	var request request
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&request); err != nil {
		return request, invalid("Invalid JSON payload received. " + err.Error())
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return request, invalid("Invalid JSON payload received. There is something after the object.")
	}
	return request, request.check()
}

// check says what Google would refuse.
func (r request) check() *failure {
	if len(r.Contents) == 0 {
		return invalid("* GenerateContentRequest.contents: contents is not specified")
	}
	for i, content := range r.Contents {
		where := fmt.Sprintf("* GenerateContentRequest.contents[%d]", i)
		switch {
		case content.Role != "user" && content.Role != "model" && content.Role != "":
			return invalid(where + ".role: Please use a valid role: user, model.")
		case len(content.Parts) == 0:
			return invalid(where + ".parts: contents.parts must not be empty.")
		case content.empty():
			return invalid(where + ".parts[0].data: required oneof field 'data' must have one initialized field")
		}
	}
	if r.Contents[len(r.Contents)-1].Role == "model" {
		return invalid("Please ensure that the last content is a user turn.")
	}
	return nil
}

// empty says whether a part holds nothing.
func (c content) empty() bool {
	for _, part := range c.Parts {
		if part.Text == "" && part.InlineData == nil && part.FileData == nil && part.FunctionCall == nil && part.FunctionResponse == nil {
			return true
		}
	}
	return false
}

// text returns the words of a content.
func (c content) text() string {
	var texts []string
	for _, part := range c.Parts {
		if part.Text != "" && !part.Thought {
			texts = append(texts, part.Text)
		}
	}
	return strings.Join(texts, "\n")
}

// turns returns the conversation.
func (r request) turns() []Turn {
	turns := make([]Turn, 0, len(r.Contents))
	for _, content := range r.Contents {
		turns = append(turns, Turn{Lead: content.Role != "model", Text: content.text()})
	}
	return turns
}

// size estimates the tokens of the request.
func (r request) size() int {
	total := 0
	for _, content := range r.Contents {
		total += tokens(content.text())
	}
	if r.SystemInstruction != nil {
		total += tokens(r.SystemInstruction.text())
	}
	return total
}

// response returns the reply as Gemini writes it.
func (r reply) response(finish string) map[string]any {
	candidate := map[string]any{"finishReason": finish, "index": 0}
	answered := 0
	if r.text != "" {
		candidate["content"] = content{Role: "model", Parts: []part{{Text: r.text}}}.wire()
		answered = tokens(r.text)
	}
	return map[string]any{
		"candidates": []any{candidate},
		"usageMetadata": map[string]any{
			"promptTokenCount": r.prompt, "candidatesTokenCount": answered, "totalTokenCount": r.prompt + answered,
		},
		"modelVersion": r.model,
		"responseId":   "scripted",
	}
}

// wire returns a content as Gemini writes it: without what is empty.
func (c content) wire() map[string]any {
	return map[string]any{"role": c.Role, "parts": []any{map[string]any{"text": c.text()}}}
}

// failure is an error as Google's APIs answer it.
type failure struct {
	code    int
	message string
	details []any
}

// invalid returns the failure for a request that can't be answered.
func invalid(message string) *failure {
	return &failure{code: http.StatusBadRequest, message: message}
}

// status returns the name that Google gives to an HTTP status
// (google/rpc/code.proto).
func status(code int) string {
	switch code {
	case http.StatusBadRequest:
		return "INVALID_ARGUMENT"
	case http.StatusUnauthorized:
		return "UNAUTHENTICATED"
	case http.StatusForbidden:
		return "PERMISSION_DENIED"
	case http.StatusNotFound:
		return "NOT_FOUND"
	case http.StatusTooManyRequests:
		return "RESOURCE_EXHAUSTED"
	case http.StatusInternalServerError:
		return "INTERNAL"
	case http.StatusServiceUnavailable:
		return "UNAVAILABLE"
	case http.StatusGatewayTimeout:
		return "DEADLINE_EXCEEDED"
	}
	return "UNKNOWN"
}

func writeError(w http.ResponseWriter, f failure) {
	body := map[string]any{"code": f.code, "message": f.message, "status": status(f.code)}
	if len(f.details) > 0 {
		body["details"] = f.details
	}
	writeJSON(w, f.code, map[string]any{"error": body})
}

func writeJSON(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // the client went away, if anything
}
