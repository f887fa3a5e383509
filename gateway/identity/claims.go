package identity

import (
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bordereau/bordereau/policy"
)

// claims are the claims of an access token: all of these, and no others. It implements
// jwt.Claims, so golang-jwt decodes a token's payload through the strict UnmarshalJSON
// and never through a map of its own. Every part of the program thus reads a token alike.
type claims struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	Client   string `json:"client_id"`
	IssuedAt int64  `json:"iat"` // seconds since 1970
	Expires  int64  `json:"exp"` // seconds since 1970
	ID       string `json:"jti"`
	Auth     string `json:"auth"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *claims) UnmarshalJSON(text []byte) error {
	m, err := readObject(text)
	if err != nil {
		return err
	}
	*c = claims{
		Issuer:   m.text("iss"),
		Subject:  m.text("sub"),
		Audience: m.text("aud"),
		Client:   m.text("client_id"),
		IssuedAt: m.seconds("iat"),
		Expires:  m.seconds("exp"),
		ID:       m.text("jti"),
		Auth:     m.text("auth"),
	}
	return m.end()
}

// check says whether the claims have their proper form. It checks neither the time nor
// the signature.
func (c *claims) check() error {
	switch {
	case policy.ParseIdentifier(personPrefix, c.Subject) != nil:
		return errors.New("sub is not a person")
	case c.Client != c.Subject:
		return errors.New("client_id is not sub")
	case policy.ParseIdentifier(tokenPrefix, c.ID) != nil:
		return errors.New("jti is not a token's identifier")
	case !isAuth(c.Auth):
		return errors.New("auth is not 1 to 32 bytes of a-z and -")
	}
	return nil
}

// isAuth allows a small alphabet, because the text ends up in the ledger.
func isAuth(s string) bool {
	if s == "" || len(s) > 32 {
		return false
	}
	for i := range len(s) {
		if (s[i] < 'a' || s[i] > 'z') && s[i] != '-' {
			return false
		}
	}
	return true
}

// GetExpirationTime implements jwt.Claims.
func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) {
	return jwt.NewNumericDate(time.Unix(c.Expires, 0)), nil
}

// GetIssuedAt implements jwt.Claims.
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error) {
	return jwt.NewNumericDate(time.Unix(c.IssuedAt, 0)), nil
}

// GetNotBefore implements jwt.Claims. Our tokens are valid from iat on and have no nbf.
func (c *claims) GetNotBefore() (*jwt.NumericDate, error) { return nil, nil }

// GetIssuer implements jwt.Claims.
func (c *claims) GetIssuer() (string, error) { return c.Issuer, nil }

// GetSubject implements jwt.Claims.
func (c *claims) GetSubject() (string, error) { return c.Subject, nil }

// GetAudience implements jwt.Claims.
func (c *claims) GetAudience() (jwt.ClaimStrings, error) { return jwt.ClaimStrings{c.Audience}, nil }
