package media

import (
	"context"
	"errors"
	"mime"
	"net"
	"net/http"
	"net/url"
	"path"
	"time"

	"github.com/myaibud/aibud/engine"
)

const (
	// fetchTime is how long fetching a file from the web may take, and
	// fetchHops how often its address may lead to another one.
	fetchTime = time.Minute
	fetchHops = 5
)

// Fetch stores a file from the web that is to be sent, and returns its row.
// Whoever names an address makes this server call it, so addresses of private
// networks are refused when they are dialled, whatever a name resolved to
// before. Errors: [engine.CodeInvalid].
//
// A source that is not empty names the request: what was fetched for it before
// is not fetched again.
func (s *Service) Fetch(ctx context.Context, tenant engine.TenantID, address, name, source string) (engine.MediaFile, error) {
	if source != "" {
		if file, found, err := s.config.Records.MediaBySource(ctx, tenant, source); found || err != nil {
			return file, err
		}
	}
	target, err := url.Parse(address)
	if err != nil || target.Host == "" || target.Scheme != "http" && target.Scheme != "https" {
		return engine.MediaFile{}, engine.Errorf(engine.CodeInvalid, "The file's address must begin with https:// or http://.")
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return engine.MediaFile{}, engine.Errorf(engine.CodeInvalid, "The file's address is not one that can be called.")
	}
	transport := s.web()
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: hops}
	response, err := client.Do(request)
	if err != nil {
		return engine.MediaFile{}, fetchError(err)
	}
	defer func() { _ = response.Body.Close() }() // only read
	if response.StatusCode != http.StatusOK {
		return engine.MediaFile{}, engine.Errorf(engine.CodeInvalid, "The file's address answered %d. Check it, or upload the file.", response.StatusCode)
	}
	if response.ContentLength > s.config.MaxBytes {
		return engine.MediaFile{}, s.errTooLarge()
	}
	if name == "" {
		name = nameOf(response)
	}
	file, err := s.upload(ctx, tenant, response.Body, name, source)
	if _, ours := errors.AsType[*engine.Error](err); err != nil && !ours {
		err = fetchError(err)
	}
	return file, err
}

func hops(_ *http.Request, via []*http.Request) error {
	if len(via) > fetchHops {
		return errors.New("too many redirects")
	}
	return nil
}

func fetchError(err error) error {
	if errors.Is(err, engine.ErrPrivate) {
		return &engine.Error{
			Code: engine.CodeInvalid, Err: err,
			Message: "The file's address leads into a private network, which this server does not call. Upload the file.",
		}
	}
	return &engine.Error{Code: engine.CodeInvalid, Message: "The file could not be fetched from its address. Check it, or upload the file.", Err: err}
}

// nameOf is what a server calls a file.
func nameOf(response *http.Response) string {
	if _, params, err := mime.ParseMediaType(response.Header.Get("Content-Disposition")); err == nil && params["filename"] != "" {
		return params["filename"]
	}
	return path.Base(response.Request.URL.Path)
}

// web returns a transport that calls the internet only. It uses no proxy,
// which would do the dialling itself.
func (s *Service) web() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	if !s.config.Private {
		dialer.Control = engine.OnlyInternet
	}
	return &http.Transport{
		DialContext: dialer.DialContext, TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 20 * time.Second,
		DisableCompression: true, MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true,
	}
}
