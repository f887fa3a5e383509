package httpapi_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway/api"
)

func basicAuth(client, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(client)+":"+url.QueryEscape(secret)))
}

func TestToken(t *testing.T) {
	s := serve(t)
	person, secret := string(s.Operator.Person), s.OperatorCredential.Secret
	inForm := "grant_type=client_credentials&client_id=" + person + "&client_secret=" + secret
	for name, c := range map[string]struct {
		form, authorization string
	}{
		"in the form":                {inForm, ""},
		"HTTP Basic":                 {"grant_type=client_credentials", basicAuth(person, secret)},
		"HTTP Basic with the client": {"grant_type=client_credentials&client_id=" + person, basicAuth(person, secret)},
		"with what we do not know":   {inForm + "&resource=x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := s.post(t, c.form, header{"Authorization": c.authorization})
			token := into[api.Token](t, a, http.StatusOK)
			if token.TokenType != "Bearer" || token.ExpiresIn != 900 {
				t.Errorf("got %+v", token)
			}
			if a.Header.Get("Cache-Control") != "no-store, no-transform" || a.Header.Get("Pragma") != "no-cache" {
				t.Errorf("got headers %v", a.Header)
			}
			use := s.call(t, s.Operator, http.MethodGet, "/v1/contracts", "", header{"Authorization": "Bearer " + token.AccessToken})
			if use.StatusCode != http.StatusOK {
				t.Errorf("the token opens nothing: %d %s", use.StatusCode, use.body)
			}
		})
	}
}

func (s *service) post(t *testing.T, form string, h header) answer {
	t.Helper()
	all := header{"Content-Type": "application/x-www-form-urlencoded", "Authorization": ""}
	for name, value := range h {
		all[name] = value
	}
	return s.call(t, s.Operator, http.MethodPost, "/oauth/token", form, all)
}

func TestTokenRefusals(t *testing.T) {
	s := serve(t)
	person, secret := string(s.Operator.Person), s.OperatorCredential.Secret
	grant := "grant_type=client_credentials"
	good := grant + "&client_id=" + person + "&client_secret=" + secret
	for name, c := range map[string]struct {
		form   string
		header header
		status int
		code   string
	}{
		"wrong secret":        {good[:len(good)-1] + "_", nil, 401, "invalid_client"},
		"unknown person":      {strings.Replace(good, person, "p_aaaaaaaaaaaaaaaaaaaaaaaaaa", 1), nil, 401, "invalid_client"},
		"no person":           {strings.Replace(good, person, "x%00", 1), nil, 401, "invalid_client"},
		"no credentials":      {grant, nil, 401, "invalid_client"},
		"no secret":           {grant + "&client_id=" + person, nil, 401, "invalid_client"},
		"wrong Basic":         {grant, header{"Authorization": basicAuth(person, "x")}, 401, "invalid_client"},
		"a Bearer token":      {grant, header{"Authorization": "Bearer x"}, 401, "invalid_client"},
		"Basic for another":   {grant + "&client_id=p_x", header{"Authorization": basicAuth(person, secret)}, 401, "invalid_client"},
		"both ways":           {good, header{"Authorization": basicAuth(person, secret)}, 400, "invalid_request"},
		"no grant type":       {strings.TrimPrefix(good, grant+"&"), nil, 400, "invalid_request"},
		"another grant type":  {strings.Replace(good, "client_credentials", "password", 1), nil, 400, "unsupported_grant_type"},
		"something twice":     {good + "&client_id=" + person, nil, 400, "invalid_request"},
		"JSON":                {`{}`, header{"Content-Type": "application/json"}, 400, "invalid_request"},
		"a form that is none": {"%zz", nil, 400, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			a := s.post(t, c.form, c.header)
			if got := into[api.TokenError](t, a, c.status); got.Error != c.code {
				t.Errorf("got %+v, want %s", got, c.code)
			}
			if challenge := a.Header.Get("WWW-Authenticate"); (challenge != "") != (c.status == 401) {
				t.Errorf("challenge %q", challenge)
			}
		})
	}
}

func TestCredentialsInTheQueryAreNone(t *testing.T) {
	s := serve(t)
	r := s.request(t, s.Operator, http.MethodPost, "/oauth/token?client_id="+string(s.Operator.Person)+"&client_secret="+s.OperatorCredential.Secret,
		"grant_type=client_credentials", header{"Content-Type": "application/x-www-form-urlencoded", "Authorization": ""})
	if got := into[api.TokenError](t, s.do(t, r), http.StatusUnauthorized); got.Error != "invalid_client" {
		t.Errorf("got %+v", got)
	}
}
