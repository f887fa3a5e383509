package identity

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	"github.com/bordereau/bordereau/policy"
)

// ErrToken is the refusal of a token, for any reason. The reason in its text is for the
// log: the sender must not learn how close a forged token came.
var ErrToken = errors.New("token refused")

// ErrExpired is ErrToken for a token that was good, and whose time is over.
var ErrExpired = fmt.Errorf("%w: expired", ErrToken)

// maxToken is the longest token, in bytes. It bounds the work that an unauthenticated
// caller can cause.
const maxToken = 2048

// clockSkew is how far ahead the clock of the replica that issued a token may be. A token
// that has ended gets no such grace.
const clockSkew = time.Minute

// VerifierConfig configures a Verifier.
type VerifierConfig struct {
	Keys        JWKS             // the issuer's current keys, and former ones that it used within MaxLifetime
	Issuer      string           // the issuer that the token must name
	Audience    string           // the audience that the token must name
	Clock       func() time.Time // time.Now when nil
	MaxLifetime time.Duration    // the longest lifetime of a token, whatever its exp; 1 h when zero
}

// Verifier verifies access tokens. It is safe for concurrent use.
type Verifier struct {
	parser *jwt.Parser
	key    jwt.Keyfunc
	config VerifierConfig
}

// Claims are the facts in a verified token.
type Claims struct {
	Person  policy.PersonID
	Auth    string    // how the person signed in
	ID      string    // of the token, `t_…`
	Expires time.Time // when the token ends
}

// NewVerifier makes a Verifier.
func NewVerifier(c VerifierConfig) (*Verifier, error) {
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.MaxLifetime == 0 {
		c.MaxLifetime = time.Hour
	}
	if err := checkParties(c.Issuer, c.Audience); err != nil {
		return nil, fmt.Errorf("making token verifier: %w", err)
	}
	if len(c.Keys.Keys) == 0 || c.MaxLifetime < time.Second {
		return nil, errors.New("making token verifier: Keys and a positive MaxLifetime are needed")
	}
	set, err := json.Marshal(c.Keys)
	if err != nil {
		return nil, fmt.Errorf("making token verifier: %w", err)
	}
	keys, err := keyfunc.NewJWKSetJSON(set)
	if err != nil {
		return nil, fmt.Errorf("making token verifier: %w", err)
	}
	return &Verifier{parser: newParser(c), key: keys.Keyfunc, config: c}, nil
}

func newParser(c VerifierConfig) *jwt.Parser {
	return jwt.NewParser(
		jwt.WithValidMethods([]string{"EdDSA"}),
		jwt.WithStrictDecoding(),
		jwt.WithIssuer(c.Issuer),
		jwt.WithAudience(c.Audience),
		jwt.WithTimeFunc(c.Clock),
	)
}

// Verify gives the person that the token names. Every refusal is ErrToken.
func (v *Verifier) Verify(token string) (Claims, error) {
	c, err := v.verify(token)
	if errors.Is(err, jwt.ErrTokenExpired) && !errors.Is(err, jwt.ErrTokenInvalidAudience) &&
		!errors.Is(err, jwt.ErrTokenInvalidIssuer) && !errors.Is(err, jwt.ErrTokenRequiredClaimMissing) {
		return Claims{}, ErrExpired
	}
	if err != nil {
		return Claims{}, fmt.Errorf("%w: %v", ErrToken, err)
	}
	return Claims{
		Person:  policy.PersonID(c.Subject),
		Auth:    c.Auth,
		ID:      c.ID,
		Expires: time.Unix(c.Expires, 0).UTC(),
	}, nil
}

// verify does the cheap checks first: the form, then the header, then the signature. The
// claims come last, when the issuer is known to have signed them.
func (v *Verifier) verify(token string) (*claims, error) {
	if err := checkForm(token); err != nil {
		return nil, err
	}
	if err := checkHeader(token); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	var c claims
	if _, err := v.parser.ParseWithClaims(token, &c, v.key); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	return &c, v.checkLife(&c)
}

// checkForm accepts base64url and dots only. The decoder underneath would skip line
// breaks, so that one token could be written in many ways.
func checkForm(token string) error {
	if len(token) > maxToken {
		return errors.New("too long")
	}
	for i := range len(token) {
		if !isBase64URL(token[i]) && token[i] != '.' {
			return errors.New("a character is neither base64url nor a dot")
		}
	}
	return nil
}

func isBase64URL(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

// checkHeader accepts a header of exactly alg, typ and kid. Without crit there is no
// extension to understand; without jwk, jku or x5c no token brings its own key. The
// parser checks whether alg and kid are right.
func checkHeader(token string) error {
	part, _, _ := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return errors.New("not base64url")
	}
	m, err := readObject(text)
	if err != nil {
		return err
	}
	h := header{Algorithm: m.text("alg"), Type: m.text("typ"), Key: m.text("kid")}
	if err := m.end(); err != nil {
		return err
	}
	if h.Type != tokenType {
		return errors.New("not an access token")
	}
	return nil
}

// checkLife refuses a token from the future, and a token with too long a lifetime: it
// would stay valid after the key that signed it was removed.
func (v *Verifier) checkLife(c *claims) error {
	issued, expires := time.Unix(c.IssuedAt, 0), time.Unix(c.Expires, 0)
	switch {
	case issued.After(v.config.Clock().Add(clockSkew)):
		return errors.New("issued in the future")
	case !expires.After(issued):
		return errors.New("expires before it was issued")
	case expires.Sub(issued) > v.config.MaxLifetime:
		return errors.New("its lifetime is too long")
	}
	return nil
}
