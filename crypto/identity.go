package crypto

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"filippo.io/age"
)

// Identity is a private key. It is safe for concurrent use.
//
// An Identity never prints itself: under every verb of fmt, in slog and in JSON it is the
// word REDACTED. The methods for this have a value receiver, so that a copy does not
// print itself either.
type Identity struct {
	age       age.Identity // *age.HybridIdentity or *age.X25519Identity: reflection prints the pointer's address
	recipient *Recipient
}

const redacted = "REDACTED"

// NewIdentity makes a hybrid post-quantum identity.
func NewIdentity() (*Identity, error) {
	hybrid, err := age.GenerateHybridIdentity()
	if err != nil {
		return nil, fmt.Errorf("generating identity: %w", err)
	}
	return hybridIdentity(hybrid), nil
}

// ParseIdentity reads an identity in age's text form: AGE-SECRET-KEY-PQ-1… (hybrid) or
// AGE-SECRET-KEY-1… (classic X25519). Its errors repeat no part of s.
func ParseIdentity(s string) (*Identity, error) {
	if strings.HasPrefix(s, "AGE-SECRET-KEY-PQ-1") {
		if hybrid, err := age.ParseHybridIdentity(s); err == nil {
			return hybridIdentity(hybrid), nil
		}
		return nil, errors.New("parsing identity: damaged AGE-SECRET-KEY-PQ-1… key")
	}
	if strings.HasPrefix(s, "AGE-SECRET-KEY-1") {
		if classic, err := age.ParseX25519Identity(s); err == nil {
			return classicIdentity(classic), nil
		}
		return nil, errors.New("parsing identity: damaged AGE-SECRET-KEY-1… key")
	}
	return nil, errors.New("parsing identity: neither AGE-SECRET-KEY-PQ-1… nor AGE-SECRET-KEY-1…")
}

func hybridIdentity(hybrid *age.HybridIdentity) *Identity {
	public := hybrid.Recipient()
	return &Identity{age: hybrid, recipient: &Recipient{age: public, text: public.String(), postQuantum: true}}
}

func classicIdentity(classic *age.X25519Identity) *Identity {
	public := classic.Recipient()
	return &Identity{age: classic, recipient: &Recipient{age: public, text: public.String()}}
}

// Recipient gives the public key.
func (i *Identity) Recipient() *Recipient { return i.recipient }

// Secret gives the private key in age's text form, for sealing it or for writing it to
// its file. Use it for nothing else.
func (i *Identity) Secret() string {
	switch key := i.age.(type) {
	case *age.HybridIdentity:
		return key.String()
	case *age.X25519Identity:
		return key.String()
	default:
		panic(fmt.Sprintf("crypto: identity of unknown type %T", key))
	}
}

// Format implements fmt.Formatter: every verb and flag gives REDACTED.
func (i Identity) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue implements slog.LogValuer.
func (i Identity) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler, which JSON and YAML encoders ask.
func (i Identity) MarshalText() ([]byte, error) { return []byte(redacted), nil }
