package event

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"path"
	"strconv"
	"strings"
)

// Two actions are about the ledger itself: they give the name and the key with which its
// checkpoints are signed from that event on. Only the ledger records such events. Subject
// holds the change.
const (
	ActionEpoch Action = "audit.epoch" // see EpochChange
	ActionRekey Action = "audit.rekey" // see KeyChange
)

// IsControl says whether an event of the action is about the ledger's own name or key.
func (a Action) IsControl() bool { return a == ActionEpoch || a == ActionRekey }

// LogName is the name of a ledger in its checkpoints of an epoch. first is its name in
// epoch 1: the installation's origin, a slash and the ledger.
//
//	bordereau.example/o_aaaaaaaaaaaaaaaaaaaaaaaaaa      epoch 1
//	bordereau.example/o_aaaaaaaaaaaaaaaaaaaaaaaaaa/2    epoch 2
func LogName(first string, epoch int64) string {
	if epoch <= 1 {
		return first
	}
	return first + "/" + strconv.FormatInt(epoch, 10)
}

// SplitLogName is the inverse of LogName; ok is false for a text that names no ledger.
func SplitLogName(name string) (first string, epoch int64, ok bool) {
	first, epoch = name, 1
	if number, err := strconv.ParseInt(path.Base(name), 10, 64); err == nil && number > 1 {
		first, epoch = strings.TrimSuffix(name, "/"+strconv.FormatInt(number, 10)), number
	}
	ledger := path.Base(first)
	return first, epoch, ValidLedger(ledger) && strings.HasSuffix(first, "/"+ledger) && LogName(first, epoch) == name
}

// EpochChange begins an epoch, because the database had lost published events or held
// others. The tree goes on after the last published checkpoint of the epoch before. Its
// checkpoints have a new name from here on. The text has four words:
//
//	2 1 300 qGZ…=     epoch 2 follows on epoch 1, whose last checkpoint is of 300 events and this root
type EpochChange struct {
	Epoch  int64
	Former int64
	Size   int64 // which is the sequence number of the event
	Root   [32]byte
}

// String is the text in Subject.
func (m EpochChange) String() string {
	return fmt.Sprintf("%d %d %d %s", m.Epoch, m.Former, m.Size, base64.StdEncoding.EncodeToString(m.Root[:]))
}

// ParseEpochChange reads a text in its one form.
func ParseEpochChange(s string) (EpochChange, error) {
	var m EpochChange
	words := strings.Split(s, " ")
	if len(words) != 4 {
		return m, invalid("subject")
	}
	for i, n := range []*int64{&m.Epoch, &m.Former, &m.Size} {
		var err error
		if *n, err = strconv.ParseInt(words[i], 10, 64); err != nil {
			return EpochChange{}, invalid("subject")
		}
	}
	copy(m.Root[:], decode(words[3]))
	if m.Former < 1 || m.Epoch <= m.Former || m.Size < 0 || m.String() != s {
		return EpochChange{}, invalid("subject")
	}
	return m, nil
}

// KeyChange replaces the key that signs checkpoints. Next signs the checkpoints whose
// size includes the event. The text has three words, each in base64: the two keys (a byte
// 0x01 for Ed25519 and the public key) and Former's signature of the Statement.
type KeyChange struct {
	Former, Next ed25519.PublicKey
	Signature    []byte
}

// Statement is the text that the former key signs. first is the ledger's name in its
// first epoch. The text is that of a C2SP signed note, and cannot be a checkpoint,
// because its second line is no number.
//
//	bordereau.example/o_aaaaaaaaaaaaaaaaaaaaaaaaaa
//	key succession
//	<base64 of the former key>
//	<base64 of the next key>
func (m KeyChange) Statement(first string) string {
	return fmt.Sprintf("%s\nkey succession\n%s\n%s\n", first, keyText(m.Former), keyText(m.Next))
}

// ParseStatement reads the two keys out of a statement for the ledger with the name; ok
// is false for any other text.
func ParseStatement(first, text string) (m KeyChange, ok bool) {
	lines := strings.Split(text, "\n")
	if len(lines) != 5 {
		return m, false
	}
	m.Former, m.Next = parseKey(lines[2]), parseKey(lines[3])
	return m, m.Former != nil && m.Next != nil && m.Statement(first) == text
}

// String is the text in Subject.
func (m KeyChange) String() string {
	return keyText(m.Former) + " " + keyText(m.Next) + " " + base64.StdEncoding.EncodeToString(m.Signature)
}

// ParseKeyChange reads a text in its one form. It does not verify the signature.
func ParseKeyChange(s string) (KeyChange, error) {
	words := strings.Split(s, " ")
	if len(words) != 3 {
		return KeyChange{}, invalid("subject")
	}
	m := KeyChange{Former: parseKey(words[0]), Next: parseKey(words[1]), Signature: decode(words[2])}
	if m.Former == nil || m.Next == nil || len(m.Signature) != ed25519.SignatureSize || m.String() != s {
		return KeyChange{}, invalid("subject")
	}
	return m, nil
}

// keyEd25519 is the algorithm byte of a C2SP verifier key.
const keyEd25519 = 1

func keyText(key ed25519.PublicKey) string {
	return base64.StdEncoding.EncodeToString(append([]byte{keyEd25519}, key...))
}

// parseKey returns nil for a text that is no key.
func parseKey(s string) ed25519.PublicKey {
	data := decode(s)
	if len(data) != 1+ed25519.PublicKeySize || data[0] != keyEd25519 {
		return nil
	}
	return ed25519.PublicKey(bytes.Clone(data[1:]))
}

// decode returns nil for a text that is not base64.
func decode(s string) []byte {
	data, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil
	}
	return data
}
