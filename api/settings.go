package api

import (
	"context"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/phone"
)

type (
	assistantRequest struct {
		Body engine.AssistantView
	}
	assistantResponse struct {
		Body engine.AssistantView
	}
	settingsRequest struct {
		Body engine.TenantSettings
	}
	settingsResponse struct {
		Body engine.TenantSettings
	}
	statusResponse struct {
		Body Status
	}
)

// Status is what the dashboard shows before and after the sign-in.
type Status struct {
	Version      string          `json:"version"`
	SignupOpen   bool            `json:"signup_open" doc:"Whether an account can be made: there is none yet, or the server is set to let anyone"`
	FirstAccount bool            `json:"first_account" doc:"Whether the next account is the first one, which administers the platform"`
	Assistant    AssistantStatus `json:"assistant"`
	Simulator    *string         `json:"simulator" doc:"Where the simulator runs that stands in for WhatsApp, or null if it is the real one"`
	Demo         *string         `json:"demo" doc:"The page that plays a lead's phone, or null if there is none"`
}

// AssistantStatus says which AI answers.
type AssistantStatus struct {
	Configured bool   `json:"configured" doc:"Whether there is a key; without one the AI is off"`
	Model      string `json:"model" doc:"Empty if not configured"`
	Scripted   bool   `json:"scripted" doc:"Whether a local script stands in for the model"`
}

func (s *Server) status(ctx context.Context, _ *struct{}) (*statusResponse, error) {
	empty, err := s.config.Accounts.Empty(ctx)
	if err != nil {
		return nil, err
	}
	return &statusResponse{Body: Status{
		Version:      s.config.Version,
		SignupOpen:   empty || s.config.SignupOpen,
		FirstAccount: empty,
		Assistant:    AssistantStatus(s.config.Assistant),
		Simulator:    orNull(s.config.SimulatorURL),
		Demo:         orNull(s.config.DemoURL),
	}}, nil
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func (s *Server) getSettings(ctx context.Context, _ *struct{}) (*settingsResponse, error) {
	settings, err := s.tenant(ctx).Settings(ctx)
	if err != nil {
		return nil, err
	}
	return &settingsResponse{Body: settings}, nil
}

func (s *Server) updateSettings(ctx context.Context, request *settingsRequest) (*settingsResponse, error) {
	if !phone.IsRegion(request.Body.Region) {
		return nil, invalid("body.region", "There is no such country. Give its ISO 3166 code, such as ZA.")
	}
	settings, err := s.tenant(ctx).SetSettings(ctx, request.Body)
	if err != nil {
		return nil, err
	}
	return &settingsResponse{Body: settings}, nil
}

func (s *Server) getAssistant(ctx context.Context, _ *struct{}) (*assistantResponse, error) {
	settings, err := s.tenant(ctx).Assistant(ctx)
	if err != nil {
		return nil, err
	}
	return &assistantResponse{Body: settings}, nil
}

func (s *Server) updateAssistant(ctx context.Context, request *assistantRequest) (*assistantResponse, error) {
	if err := checkProse("persona", request.Body.Persona); err != nil {
		return nil, err
	}
	if err := checkProse("business", request.Body.Business); err != nil {
		return nil, err
	}
	settings, err := s.tenant(ctx).UpdateAssistant(ctx, request.Body)
	if err != nil {
		return nil, err
	}
	return &assistantResponse{Body: settings}, nil
}
