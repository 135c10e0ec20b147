package assistant

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"google.golang.org/genai"

	"github.com/myaibud/aibud/engine"
)

const (
	// DefaultModel is the Gemini model that answers if none is named.
	DefaultModel = "gemini-3.8-flash"
	// DefaultBaseURL is where Google serves the Gemini API.
	DefaultBaseURL = "https://generativelanguage.googleapis.com/"

	// maxOutputTokens bounds an answer. What the model thinks counts too, so
	// it is far more than the text of a WhatsApp message needs.
	maxOutputTokens = 2_048
)

// GeminiConfig says how to reach Gemini.
type GeminiConfig struct {
	Key     string        // the API key
	BaseURL string        // empty: DefaultBaseURL
	Model   string        // empty: DefaultModel
	Timeout time.Duration // of one call; zero: 60 s
	Log     *slog.Logger  // takes the tokens used, at debug level; nil: nothing is logged
}

// Gemini is the [Model] that Google serves.
type Gemini struct {
	client    *genai.Client
	transport *http.Transport
	model     string
	timeout   time.Duration
	log       *slog.Logger
}

var _ Model = (*Gemini)(nil)

// NewGemini returns a client of the Gemini API. It calls nobody yet. It fails
// with an [engine.Error] of [engine.CodeInvalid] that names the setting which
// is wrong and never holds the key.
func NewGemini(ctx context.Context, config GeminiConfig) (*Gemini, error) {
	config = config.withDefaults()
	if err := config.check(); err != nil {
		return nil, err
	}
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 16,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
	}
	client, err := genai.NewClient(ctx, &genai.ClientConfig{
		APIKey:      config.Key,
		Backend:     genai.BackendGeminiAPI,
		HTTPClient:  &http.Client{Transport: transport},
		HTTPOptions: genai.HTTPOptions{BaseURL: config.BaseURL},
	})
	if err != nil {
		// The library's error prints its whole configuration, the key
		// included, so it goes nowhere.
		return nil, engine.Errorf(engine.CodeInvalid, "Gemini can't be used with these settings. Check GEMINI_API_KEY and GEMINI_BASE_URL.")
	}
	return &Gemini{client: client, transport: transport, model: config.Model, timeout: config.Timeout, log: config.Log}, nil
}

// withDefaults returns c with its zero fields filled in.
func (c GeminiConfig) withDefaults() GeminiConfig {
	c.Key = strings.TrimSpace(c.Key)
	c.BaseURL = cmp.Or(strings.TrimSpace(c.BaseURL), DefaultBaseURL)
	c.Model = cmp.Or(strings.TrimPrefix(strings.TrimSpace(c.Model), "models/"), DefaultModel)
	c.Timeout = cmp.Or(c.Timeout, defaultTimeout)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// check says which setting is wrong.
func (c GeminiConfig) check() error {
	if c.Key == "" || strings.ContainsFunc(c.Key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return engine.Errorf(engine.CodeInvalid, "GEMINI_API_KEY is empty or has characters that no key has. Copy the key again.")
	}
	base, err := url.Parse(c.BaseURL)
	if err != nil || base.Scheme != "https" && base.Scheme != "http" || base.Host == "" || base.User != nil {
		return engine.Errorf(engine.CodeInvalid, "GEMINI_BASE_URL is not an address such as %s.", DefaultBaseURL)
	}
	if strings.ContainsAny(c.Model, " /?#:%\t\n") {
		return engine.Errorf(engine.CodeInvalid, "GEMINI_MODEL is not a name such as %s.", DefaultModel)
	}
	return nil
}

// Close ends the connections that are idle.
func (g *Gemini) Close() { g.transport.CloseIdleConnections() }

// Check asks Gemini whether it knows the key and the model. It fails with a
// [*ModelError].
func (g *Gemini) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	if _, err := g.client.Models.Get(ctx, g.model, nil); err != nil {
		return g.failure(ctx, err)
	}
	return nil
}

// Generate asks Gemini once. See [Model].
func (g *Gemini) Generate(ctx context.Context, prompt Prompt) (string, error) {
	call, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	started := time.Now()
	response, err := g.client.Models.GenerateContent(call, g.model, contents(prompt.Lines), &genai.GenerateContentConfig{
		SystemInstruction:     genai.NewContentFromText(prompt.Instruction, ""),
		MaxOutputTokens:       maxOutputTokens,
		ThinkingConfig:        &genai.ThinkingConfig{ThinkingLevel: genai.ThinkingLevelLow},
		AutomaticContinuation: genai.Ptr(false), // each continuation is billed like another call
	})
	if err != nil && errors.Is(ctx.Err(), context.Canceled) {
		return "", ctx.Err()
	}
	if err != nil {
		return "", g.failure(call, err)
	}
	g.note(response, time.Since(started))
	return answer(response)
}

// contents returns the conversation as Gemini takes it.
func contents(lines []Line) []*genai.Content {
	contents := make([]*genai.Content, 0, len(lines))
	for _, line := range lines {
		role := genai.Role(genai.RoleModel)
		if line.Lead {
			role = genai.RoleUser
		}
		contents = append(contents, genai.NewContentFromText(line.Text, role))
	}
	return contents
}

// note logs what an answer took. Gemini may leave the figures out.
func (g *Gemini) note(response *genai.GenerateContentResponse, took time.Duration) {
	log := g.log.With("model", g.model, "took", took)
	if usage := response.UsageMetadata; usage != nil {
		log = log.With("prompt_tokens", usage.PromptTokenCount, "cached_tokens", usage.CachedContentTokenCount,
			"answer_tokens", usage.CandidatesTokenCount, "thought_tokens", usage.ThoughtsTokenCount)
	}
	log.Debug("gemini answered")
}

// answer returns the text of a response. It reads the parts itself because
// the library's Text writes to the process's log.
func answer(response *genai.GenerateContentResponse) (string, error) {
	if len(response.Candidates) == 0 || response.Candidates[0] == nil {
		return "", refusal(response.PromptFeedback)
	}
	candidate := response.Candidates[0]
	if blocked(candidate.FinishReason) {
		return "", blockedReply(string(candidate.FinishReason))
	}
	var text strings.Builder
	if candidate.Content != nil {
		for _, part := range candidate.Content.Parts {
			if part != nil && !part.Thought {
				text.WriteString(part.Text)
			}
		}
	}
	whole := strings.TrimSpace(text.String())
	if candidate.FinishReason == genai.FinishReasonMaxTokens || candidate.FinishReason == genai.FinishReasonContinuation {
		// It stopped in the middle: keep what ends with a sentence.
		whole = whole[:max(lastEnd(whole, sentenceEnds), 0)]
	}
	if whole == "" {
		return "", emptyReply("gemini answered without a text, finish reason " + token(string(candidate.FinishReason)))
	}
	return whole, nil
}
