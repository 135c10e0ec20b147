package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/myaibud/aibud/engine"
)

// A link works without signing in, for a time: its query says whose it is and
// until when, with a signature by a key of the tenant's.

// What a link leads to.
const (
	mediaLink   = "media"
	pictureLink = "picture"
)

// linkParameters describe the query of a link.
func linkParameters() (all []*huma.Param) {
	for _, name := range []string{"tenant", "expires", "signature"} {
		all = append(all, &huma.Param{
			Name: name, In: "query", Schema: &huma.Schema{Type: huma.TypeString}, Description: "Part of a link; stands for signing in",
		})
	}
	return all
}

// signLink makes a query that of a link to what words name.
func signLink(query url.Values, key []byte, tenant engine.TenantID, expires time.Time, kind string, words ...string) {
	until := strconv.FormatInt(expires.Unix(), 10)
	query.Set("tenant", string(tenant))
	query.Set("expires", until)
	query.Set("signature", signature(key, tenant, until, kind, words))
}

// isLink says whether a request brings a link's signature instead of a
// session.
func isLink(query url.Values) bool { return query.Has("signature") }

// linkedTenant checks a link to what words name, and returns whose that is.
func (s *Server) linkedTenant(r *http.Request, kind string, words ...string) (engine.TenantID, error) {
	query := r.URL.Query()
	tenant, expires := query.Get("tenant"), query.Get("expires")
	until, err := strconv.ParseInt(expires, 10, 64)
	if err != nil || !isID(tenant) {
		return "", noLink()
	}
	if s.config.Now().Unix() >= until {
		return "", engine.Errorf(engine.CodeForbidden, "This link's time is over. Ask for a new one.")
	}
	key, err := s.config.Tenant(engine.TenantID(tenant)).LinkKey(r.Context())
	if engine.CodeOf(err) == engine.CodeNotFound {
		return "", noLink()
	}
	if err != nil {
		return "", err
	}
	if !hmac.Equal([]byte(signature(key, engine.TenantID(tenant), expires, kind, words)), []byte(query.Get("signature"))) {
		return "", noLink()
	}
	return engine.TenantID(tenant), nil
}

func noLink() *engine.Error {
	return engine.Errorf(engine.CodeForbidden, "This link is not one of ours, or is not good any more. Ask for a new one.")
}

// signature proves that we made a link. Of what it covers only one part can
// have a line end, so that no two links have one text.
func signature(key []byte, tenant engine.TenantID, expires, kind string, words []string) string {
	mac := hmac.New(sha256.New, key)
	text := "aibud " + kind + " link\n" + string(tenant) + "\n" + strings.Join(words, "\n") + "\n" + expires
	_, _ = mac.Write([]byte(text)) // never fails
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
