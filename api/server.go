package api

import (
	"log/slog"
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// Server answers HTTP requests. Its handler may be used by any number of
// goroutines.
type Server struct {
	config    Config
	log       *slog.Logger
	huma      huma.API
	document  *huma.OpenAPI
	sessions  *sessions
	passwords *passwords
	attempts  attempts
	pictures  *pictures
	live      *hub
	buffers   sync.Pool // of websockets, for writing
	handler   http.Handler
}

// New returns a server that listens to the feed until [Server.Close].
func New(config Config) (*Server, error) {
	if err := config.withDefaults(); err != nil {
		return nil, err
	}
	s := &Server{
		config:    config,
		log:       config.Log,
		sessions:  newSessions(&config),
		passwords: newPasswords(config.Password),
		attempts:  newAttempts(config.Limits, config.Now),
		pictures:  newPictures(),
	}
	s.live = newHub(&config, s.pictures)
	mux := http.NewServeMux()
	s.mount(mux)
	s.plainRoutes(mux)
	handler, err := s.protect(mux)
	if err != nil {
		s.live.close()
		return nil, err
	}
	s.handler = handler
	return s, nil
}

// Handler answers every path of the server's port.
func (s *Server) Handler() http.Handler { return s.handler }

// Close says goodbye to the websockets and waits until nothing of the server
// runs any more. Websockets that are opened later are refused.
func (s *Server) Close() { s.live.close() }

// mount adds the API's operations to a mux.
func (s *Server) mount(mux *http.ServeMux) {
	config := huma.DefaultConfig("Aibud", "1")
	config.Info.Description = apiDescription
	for _, tag := range []string{"Account", "Seats", "Conversations", "Groups", "Channels", "People", "Profile", "Files", "Settings", "Live"} {
		config.Tags = append(config.Tags, &huma.Tag{Name: tag})
	}
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", "" // served by us: see documentRoutes
	config.CreateHooks = nil                                             // no $schema members in answers
	config.Transformers = []huma.Transformer{s.transform}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		security: {Type: "apiKey", In: "cookie", Name: cookieName, Description: "Set by signing in"},
	}
	s.huma = humago.New(mux, config)
	s.document = s.huma.OpenAPI()
	s.routes()
	meanings := map[string]string{}
	for _, kind := range kinds() {
		meanings[string(kind.code)] = kind.meaning
	}
	s.document.Extensions = map[string]any{"x-problems": meanings}
	// huma describes its own error document beside ours, which no answer has.
	delete(s.document.Components.Schemas.Map(), "ErrorModel")
	delete(s.document.Components.Schemas.Map(), "ErrorDetail")
}

const apiDescription = `The API behind Aibud's dashboard. Sign in to get a session cookie. Bodies are JSON; names are in
snake_case; times are RFC 3339 in UTC. Every error is a problem document of RFC 9457 with a ` + "`code`" + ` for machines.
What belongs to another agency is not found, exactly like what does not exist. Unknown fields are refused.`
