package audit

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/mod/sumdb/note"

	"github.com/bordereau/bordereau/audit/event"
)

// ErrKey says that the given key does not sign the ledgers any more: it was replaced.
var ErrKey = errors.New("not the key of the ledgers")

// Rotation is a replacement of a ledger's key, with the number of its event.
type Rotation struct {
	Seq int64
	event.KeyChange
}

// ledgerHistory is a ledger's epoch and key history: the epochs after the first, and the
// replacements of its key.
type ledgerHistory struct {
	epochs []event.EpochChange
	keys   []Rotation
}

// epoch is the current epoch of the ledger.
func (g ledgerHistory) epoch() int64 {
	if len(g.epochs) == 0 {
		return 1
	}
	return g.epochs[len(g.epochs)-1].Epoch
}

// histories holds the histories of all ledgers, and the key in use. They change only
// while no other process works on the database (BeginEpoch, RotateKey). So a copy that
// was read at the start stays true.
type histories struct {
	mu       sync.RWMutex
	byLedger map[string]ledgerHistory
	key      ed25519.PrivateKey
}

func (g *histories) of(ledger string) ledgerHistory {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.byLedger[ledger]
}

func (g *histories) signingKey() ed25519.PrivateKey {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.key
}

func (g *histories) set(byLedger map[string]ledgerHistory, key ed25519.PrivateKey) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.byLedger, g.key = byLedger, key
}

// loadHistories reads all control events, and refuses a key that was replaced: it would
// sign as if in the past.
func (l *Ledger) loadHistories(ctx context.Context, key ed25519.PrivateKey) error {
	byLedger, err := readHistories(ctx, l.config.Reader)
	if err != nil {
		return fmt.Errorf("reading the ledgers' names and keys: %w", err)
	}
	for ledger, g := range byLedger {
		if n := len(g.keys); n > 0 && !l.config.Unsigned && !g.keys[n-1].Next.Equal(key.Public()) {
			return fmt.Errorf("%w: that of %s was replaced at event %d", ErrKey, ledger, g.keys[n-1].Seq)
		}
	}
	l.histories.set(byLedger, key)
	return nil
}

func readHistories(ctx context.Context, db *sql.DB) (map[string]ledgerHistory, error) {
	rows, err := db.QueryContext(ctx, `SELECT ledger, seq, action, subject FROM audit_control_event ORDER BY ledger, seq`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	byLedger := map[string]ledgerHistory{}
	for rows.Next() {
		var ledger, subject string
		var seq int64
		var action event.Action
		if err := rows.Scan(&ledger, &seq, &action, &subject); err != nil {
			return nil, err
		}
		g := byLedger[ledger]
		if err := g.add(seq, action, subject); err != nil {
			return nil, fmt.Errorf("%w: control event %d of %s: %w", ErrTampered, seq, ledger, err)
		}
		byLedger[ledger] = g
	}
	return byLedger, rows.Err()
}

func (g *ledgerHistory) add(seq int64, action event.Action, subject string) error {
	if action == event.ActionEpoch {
		change, err := event.ParseEpochChange(subject)
		if err == nil && (change.Size != seq || change.Former != g.epoch()) {
			err = errors.New("it does not follow on the epoch before")
		}
		g.epochs = append(g.epochs, change)
		return err
	}
	change, err := event.ParseKeyChange(subject)
	g.keys = append(g.keys, Rotation{seq, change})
	return err
}

// writeControlEvents copies the control events among the entries to audit_control_event.
func (l *Ledger) writeControlEvents(ctx context.Context, tx *sql.Tx, entries []entry) error {
	marks := slices.Clone(entries)
	marks = slices.DeleteFunc(marks, func(e entry) bool { return !e.Action.IsControl() })
	return l.insert(ctx, tx, insertion{table: "audit_control_event", rows: len(marks), columns: []column{
		texts("ledger", marks, func(e *entry) string { return e.Ledger }),
		numbers("seq", marks, func(e *entry) int64 { return e.Seq }),
		texts("action", marks, func(e *entry) string { return string(e.Action) }),
		texts("subject", marks, func(e *entry) string { return e.Subject }),
	}})
}

// Epoch is the number of a ledger's current epoch: 1 until BeginEpoch.
func (l *Ledger) Epoch(ledger string) int64 { return l.histories.of(ledger).epoch() }

// Epochs are the epochs of a ledger after the first, in their order.
func (l *Ledger) Epochs(ledger string) []event.EpochChange {
	return slices.Clone(l.histories.of(ledger).epochs)
}

// Rotations are the replacements of a ledger's key, in their order.
func (l *Ledger) Rotations(ledger string) []Rotation {
	return slices.Clone(l.histories.of(ledger).keys)
}

// Statement is a rotation as a C2SP signed note: event.KeyChange's statement for the
// ledger, signed with the former key.
func (l *Ledger) Statement(ledger string, r Rotation) ([]byte, error) {
	first := l.firstName(ledger)
	key, err := note.NewEd25519VerifierKey(first, r.Former)
	if err != nil {
		return nil, fmt.Errorf("stating a rotation: %w", err)
	}
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return nil, fmt.Errorf("stating a rotation: %w", err)
	}
	signed, err := note.Sign(&note.Note{Text: r.KeyChange.Statement(first)}, given{verifier, r.Signature})
	if err != nil {
		return nil, fmt.Errorf("stating a rotation: %w", err)
	}
	return signed, nil
}

// given is a note.Signer whose signature was made before.
type given struct {
	note.Verifier
	signature []byte
}

func (g given) Sign([]byte) ([]byte, error) { return g.signature, nil }

// Verifiers returns the verifiers of all keys that a ledger has had, for its checkpoints
// in an epoch.
func (l *Ledger) Verifiers(ledger string, epoch int64) ([]note.Verifier, error) {
	public := []ed25519.PublicKey{l.histories.signingKey().Public().(ed25519.PublicKey)}
	for _, r := range l.histories.of(ledger).keys {
		public = append(public, r.Former)
	}
	var verifiers []note.Verifier
	for _, p := range public {
		key, err := note.NewEd25519VerifierKey(event.LogName(l.firstName(ledger), epoch), p)
		if err != nil {
			return nil, fmt.Errorf("making a verifier: %w", err)
		}
		v, err := note.NewVerifier(key)
		if err != nil {
			return nil, fmt.Errorf("making a verifier: %w", err)
		}
		verifiers = append(verifiers, v)
	}
	return verifiers, nil
}

// firstName is the name of a ledger in the checkpoints of its first epoch.
func (l *Ledger) firstName(ledger string) string { return l.config.Origin + "/" + ledger }
