package config

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// Secret is a text that never prints itself: under every verb of fmt, in slog, JSON and
// YAML it is the word REDACTED. The zero Secret is empty. The methods have a value
// receiver, so that a copy does not print its text either.
type Secret struct {
	// This is a pointer because reflection gets past the methods where a Secret is inside
	// an unexported field. Reflection then prints an address instead of the text. Nil is
	// the empty secret.
	text *string
}

const redacted = "REDACTED"

// NewSecret makes a secret of text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{text: &text}
}

// Reveal gives the text.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsEmpty reports whether there is no text.
func (s Secret) IsEmpty() bool { return s.text == nil }

// Equal reports whether both have the same text.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// Format implements fmt.Formatter.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler, which JSON and YAML encoders ask.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
