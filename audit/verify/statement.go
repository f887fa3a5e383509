package verify

import (
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/bordereau/bordereau/audit/event"
)

// StatementOf makes a statement again from its event, for a ledger without published
// statements. The event holds all of it. key is any verifier key of the ledger, for its
// name. StatementOf verifies nothing: the verification does that.
func StatementOf(key string, e event.Event) (Statement, error) {
	name, _, _ := strings.Cut(key, "+")
	first, _, ok := event.SplitLogName(name)
	if !ok {
		return Statement{}, fmt.Errorf("stating a key: the key given is none of a ledger")
	}
	m, err := event.ParseKeyChange(e.Subject)
	if err != nil {
		return Statement{}, fmt.Errorf("stating a key: event %d: %w", e.Seq, err)
	}
	verifier, err := verifierOf(first, m.Former)
	if err != nil {
		return Statement{}, fmt.Errorf("stating a key: %w", err)
	}
	signed, err := note.Sign(&note.Note{Text: m.Statement(first)}, stated{verifier, m.Signature})
	if err != nil {
		return Statement{}, fmt.Errorf("stating a key: %w", err)
	}
	return Statement{Seq: e.Seq, Note: signed}, nil
}

// stated is a note.Signer whose signature was made before.
type stated struct {
	note.Verifier
	signature []byte
}

func (s stated) Sign([]byte) ([]byte, error) { return s.signature, nil }
