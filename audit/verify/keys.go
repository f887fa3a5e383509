package verify

import (
	"cmp"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/bordereau/bordereau/audit/event"
)

// Statement says that one key of a ledger follows on another. It is a note signed with
// the former key, with the text of event.KeyChange. The event of the same number repeats
// it.
type Statement struct {
	Seq  int64
	Note []byte
}

// keys are the keys of a ledger's checkpoints, one after the other. One of them is
// trusted, because the verifier got it from another source. The keys that follow are
// trusted because it signed their statements. The keys before it count only when the
// events name them, and a checkpoint of the trusted key or a later one proves those
// events.
type keys struct {
	ledger  string
	first   string // the ledger's name in its first epoch
	chain   []link
	trusted int // index in chain
}

type link struct {
	seq     int64 // of the event that brought the key; -1 for the first
	key     ed25519.PublicKey
	subject string // that the event must have
	seen    bool   // the event was there, with this subject
}

// newKeys follows the statements. It reports a wrong statement with problem, and then
// uses the given key alone.
func newKeys(ledger, trusted string, statements []Statement, problem func(seq int64, format string, args ...any)) (*keys, error) {
	verifier, err := note.NewVerifier(trusted)
	if err != nil {
		return nil, fmt.Errorf("reading verifier key: %w", err)
	}
	public, err := publicKey(trusted)
	if err != nil {
		return nil, fmt.Errorf("reading verifier key: %w", err)
	}
	k := &keys{ledger: ledger, first: verifier.Name()}
	if first, _, ok := event.SplitLogName(verifier.Name()); ok {
		k.first = first
	}
	if err := k.follow(statements); err != nil {
		problem(NoSeq, "the statements about the ledger's keys are not followed: %v", err)
		k.chain = nil
	}
	if len(k.chain) == 0 {
		k.chain = []link{{seq: -1, key: public}}
	}
	k.trusted = slices.IndexFunc(k.chain, func(l link) bool { return l.key.Equal(public) })
	if k.trusted < 0 {
		problem(NoSeq, "no statement leads to or from the key given")
		k.chain, k.trusted = []link{{seq: -1, key: public}}, 0
	}
	return k, nil
}

// publicKey takes the key out of a verifier key, NAME+HASH+BASE64, which package note has
// found good.
func publicKey(verifier string) (ed25519.PublicKey, error) {
	parts := strings.SplitN(verifier, "+", 3)
	data, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(data) != 1+ed25519.PublicKeySize {
		return nil, errors.New("it is not an Ed25519 key")
	}
	return data[1:], nil // after the algorithm
}

// follow makes the chain of keys out of the statements.
func (k *keys) follow(statements []Statement) error {
	statements = slices.Clone(statements)
	slices.SortStableFunc(statements, func(a, b Statement) int { return cmp.Compare(a.Seq, b.Seq) })
	for _, s := range statements {
		m, err := k.openStatement(s.Note)
		if err != nil {
			return fmt.Errorf("that of event %d: %w", s.Seq, err)
		}
		if len(k.chain) == 0 {
			k.chain = []link{{seq: -1, key: m.Former}}
		}
		last := k.chain[len(k.chain)-1]
		switch {
		case !last.key.Equal(m.Former):
			return fmt.Errorf("that of event %d follows on another key than the one before", s.Seq)
		case last.seq >= s.Seq:
			return fmt.Errorf("there are two of event %d", s.Seq)
		case slices.ContainsFunc(k.chain, func(l link) bool { return l.key.Equal(m.Next) }):
			return fmt.Errorf("that of event %d brings back a key that was replaced", s.Seq)
		}
		k.chain = append(k.chain, link{seq: s.Seq, key: m.Next, subject: m.String()})
	}
	return nil
}

// openStatement reads a statement, which the former key must have signed.
func (k *keys) openStatement(signed []byte) (event.KeyChange, error) {
	text, err := unverifiedText(signed)
	if err != nil {
		return event.KeyChange{}, errors.New("it is not a signed note")
	}
	m, ok := event.ParseStatement(k.first, text)
	if !ok {
		return m, errors.New("it is not a statement about keys of this ledger")
	}
	verifier, err := verifierOf(k.first, m.Former)
	if err != nil {
		return m, err
	}
	n, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return m, errors.New("it is not signed with the former key")
	}
	for _, s := range n.Sigs {
		if m.Signature, err = signatureOf(s); err != nil {
			return m, err
		}
	}
	return m, nil
}

// verifiers returns the verifiers of the keys that may sign a checkpoint of a size, under
// a name, with their places in the chain: the key in use at that size, and later ones.
// The size -1 means unknown: then all keys.
func (k *keys) verifiers(name string, size int64) (list []note.Verifier, places map[uint32]int, err error) {
	places = map[uint32]int{}
	for i, l := range k.chain {
		if size >= 0 && i+1 < len(k.chain) && k.chain[i+1].seq < size {
			continue // it had been replaced
		}
		v, err := verifierOf(name, l.key)
		if err != nil {
			return nil, nil, err
		}
		list, places[v.KeyHash()] = append(list, v), i
	}
	return list, places, nil
}

// open opens a checkpoint. When it is not good, kind says why.
func (k *keys) open(signed []byte) (c checkpoint, kind Kind, err error) {
	text, err := unverifiedText(signed)
	if err != nil {
		return c, KindCheckpoint, errors.New("is not a signed note")
	}
	origin, c, malformed := parseCheckpoint(text)
	name, size := k.first, c.size
	if first, epoch, ok := event.SplitLogName(origin); ok && first == k.first {
		name, c.epoch = origin, epoch
	}
	if malformed != nil {
		size = -1
	}
	verifiers, places, err := k.verifiers(name, size)
	if err != nil {
		return c, KindOrigin, errors.New("is of a ledger without a proper name")
	}
	n, err := note.Open(signed, note.VerifierList(verifiers...))
	if err != nil {
		return c, KindSignature, errors.New("does not carry a good signature of the key, or of one that follows on it")
	}
	for _, s := range n.Sigs {
		c.key = max(c.key, places[s.Hash])
	}
	if malformed != nil {
		return c, KindCheckpoint, fmt.Errorf("is not a checkpoint: %w", malformed)
	}
	// The origin keeps the checkpoint of one ledger from standing in for that of another
	// ledger under the same key.
	if origin != name || !strings.HasSuffix(k.first, "/"+k.ledger) {
		return c, KindOrigin, errors.New("is of another ledger")
	}
	return c, "", nil
}

// unverifiedText is the text of a signed note, with any signature.
func unverifiedText(signed []byte) (string, error) {
	_, err := note.Open(signed, note.VerifierList())
	var unverified *note.UnverifiedNoteError
	if errors.As(err, &unverified) {
		return unverified.Note.Text, nil
	}
	return "", err
}

func verifierOf(name string, key ed25519.PublicKey) (note.Verifier, error) {
	text, err := note.NewEd25519VerifierKey(name, key)
	if err != nil {
		return nil, err
	}
	return note.NewVerifier(text)
}
