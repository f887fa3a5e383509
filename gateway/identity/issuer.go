package identity

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bordereau/bordereau/policy"
)

// tokenType is the JWS type of an access token (RFC 9068 section 2.1).
const tokenType = "at+jwt"

// Prefixes of the identifiers in a token.
const (
	personPrefix = "p"
	tokenPrefix  = "t"
)

// maxParty is the longest name of an issuer or audience, in bytes. With it every issued
// token is shorter than maxToken.
const maxParty = 256

// IssuerConfig configures an Issuer.
type IssuerConfig struct {
	Key      ed25519.PrivateKey // signs tokens and nothing else
	Issuer   string             // the issuer's name: the gateway's public URL
	Audience string             // the tokens' audience: the same URL while the gateway issues its own
	Lifetime time.Duration      // of a token, in whole seconds; 15 min when zero
	Clock    func() time.Time   // time.Now when nil
}

// Issuer issues access tokens. It is safe for concurrent use.
type Issuer struct {
	config IssuerConfig
	signer *signer
}

// NewIssuer makes an Issuer.
func NewIssuer(c IssuerConfig) (*Issuer, error) {
	if c.Lifetime == 0 {
		c.Lifetime = 15 * time.Minute
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if err := checkParties(c.Issuer, c.Audience); err != nil {
		return nil, fmt.Errorf("making token issuer: %w", err)
	}
	if c.Lifetime < time.Second || c.Lifetime%time.Second != 0 {
		return nil, errors.New("making token issuer: Lifetime must be a number of whole seconds")
	}
	s, err := newSigner(c.Key, tokenType)
	if err != nil {
		return nil, fmt.Errorf("making token issuer: %w", err)
	}
	return &Issuer{config: c, signer: s}, nil
}

func checkParties(issuer, audience string) error {
	for _, party := range []string{issuer, audience} {
		if party == "" || len(party) > maxParty || strings.ContainsFunc(party, isNotPlain) {
			return errors.New("Issuer and Audience must be 1 to 256 bytes of visible ASCII without \" \\ < > &")
		}
	}
	return nil
}

// isNotPlain finds the characters that JSON would escape.
func isNotPlain(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"\<>&`, r) }

// Issue gives a token for the person. auth names the way in which the person signed in
// ("client-credentials"); the caller has verified the sign-in. expires is the token's
// end.
func (i *Issuer) Issue(person policy.PersonID, auth string) (token string, expires time.Time, err error) {
	now := i.config.Clock().Truncate(time.Second)
	expires = now.Add(i.config.Lifetime).UTC()
	c := claims{
		Issuer: i.config.Issuer, Subject: string(person), Audience: i.config.Audience, Client: string(person),
		IssuedAt: now.Unix(), Expires: expires.Unix(), ID: policy.NewID(tokenPrefix), Auth: auth,
	}
	if err := c.check(); err != nil {
		return "", time.Time{}, fmt.Errorf("issuing token: %w", err)
	}
	token, err = i.signer.sign(c)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("issuing token: %w", err)
	}
	return token, expires, nil
}

// KeySet is the set of keys that verify the tokens.
func (i *Issuer) KeySet() JWKS { return JWKS{Keys: []JWK{i.signer.public}} }
