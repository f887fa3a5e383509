package verify_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"

	"github.com/bordereau/bordereau/audit/verify"
)

func TestBadCheckpoints(t *testing.T) {
	const n = 8
	l := newLedger(t, n)
	key, vkey := newKey(t, origin, "log")
	other, _ := newKey(t, origin, "another key")
	operator, _ := newKey(t, "bordereau.example/audit/operator", "log")
	good := l.checkpoint(t, n, key)
	text, _, _ := strings.Cut(string(good), "\n\n")
	lines := strings.Split(text, "\n")
	for _, tt := range []struct {
		name   string
		signed []byte
		want   verify.Kind
	}{
		{"signed by another key of the name", l.checkpoint(t, n, other), verify.KindSignature},
		{"signed by the key of another ledger", l.checkpoint(t, n, operator), verify.KindSignature},
		{"another root under the old signature", bytes.Replace(good, []byte(lines[2]), []byte(strings.Repeat("A", 43)+"="), 1), verify.KindSignature},
		{"another size under the old signature", bytes.Replace(good, []byte("\n8\n"), []byte("\n7\n"), 1), verify.KindSignature},
		{"signature cut", good[:len(good)-10], verify.KindCheckpoint},
		{"no signature", []byte(text + "\n"), verify.KindCheckpoint},
		{"nothing", []byte{}, verify.KindCheckpoint},
		{"another origin", signedText(t, "bordereau.example/audit/operator\n8\n"+lines[2]+"\n", key), verify.KindOrigin},
		{"origin of another installation", signedText(t, "other.example/audit/"+client+"\n8\n"+lines[2]+"\n", key), verify.KindOrigin},
		{"an empty line among extensions", signedText(t, text+"\n\nextension\n", key), verify.KindCheckpoint},
		{"two lines", signedText(t, origin+"\n8\n", key), verify.KindCheckpoint},
		{"an empty line", signedText(t, origin+"\n\n8\n"+lines[2]+"\n", key), verify.KindCheckpoint},
		{"size with a plus", signedText(t, origin+"\n+8\n"+lines[2]+"\n", key), verify.KindCheckpoint},
		{"size with a zero before", signedText(t, origin+"\n08\n"+lines[2]+"\n", key), verify.KindCheckpoint},
		{"size negative", signedText(t, origin+"\n-8\n"+lines[2]+"\n", key), verify.KindCheckpoint},
		{"size too large", signedText(t, origin+"\n9223372036854775808\n"+lines[2]+"\n", key), verify.KindCheckpoint},
		{"root not base64", signedText(t, origin+"\n8\nroot\n", key), verify.KindCheckpoint},
		{"root short", signedText(t, origin+"\n8\nAAAA\n", key), verify.KindCheckpoint},
		{"root with trailing bits", signedText(t, origin+"\n8\n"+strings.Repeat("A", 42)+"B=\n", key), verify.KindCheckpoint},
		{"root of another ledger", signedText(t, origin+"\n8\n"+strings.Repeat("A", 43)+"=\n", key), verify.KindRoot},
		{"far more events", signedText(t, origin+"\n9223372036854775807\n"+lines[2]+"\n", key), verify.KindTruncated},
	} {
		for _, place := range []string{"newest", "older"} {
			t.Run(tt.name+"/"+place, func(t *testing.T) {
				against := verify.Evidence{Ledger: client, Key: vkey, Checkpoint: tt.signed}
				if place == "older" {
					against.Checkpoint, against.Older = good, [][]byte{tt.signed}
				}
				got := verified(t, l.rows, against)
				if got.OK() || got.Older != 0 || len(got.Problems) != 1 || got.Problems[0].Kind != tt.want {
					t.Errorf("%+v", got)
				}
			})
		}
	}
}

// A key whose name does not end in the ledger proves nothing about it, or one ledger
// could stand in for another.
func TestKeyOfAnotherLedger(t *testing.T) {
	l := newLedger(t, 3)
	for _, name := range []string{"bordereau.example/audit/operator", "bordereau.example/audit/x" + client, client} {
		key, vkey := newKey(t, name, "log")
		got := verified(t, l.rows, verify.Evidence{Ledger: client, Key: vkey, Checkpoint: l.checkpoint(t, 3, key)})
		if diff := cmp.Diff([]finding{{verify.KindOrigin, verify.NoSeq}}, findings(got)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// A witness's signature beside the log's, and lines of extensions, do no harm.
func TestCosignedCheckpoint(t *testing.T) {
	l := newLedger(t, 3)
	key, vkey := newKey(t, origin, "log")
	witness, _ := newKey(t, "witness.example", "witness")
	text, _, _ := strings.Cut(string(l.checkpoint(t, 3, key)), "\n\n")
	signed, err := note.Sign(&note.Note{Text: text + "\nextension\n"}, key, witness)
	if err != nil {
		t.Fatal(err)
	}
	if got := verified(t, l.rows, verify.Evidence{Ledger: client, Key: vkey, Checkpoint: signed}); !got.OK() {
		t.Errorf("%+v", got)
	}
}

// FuzzCheckpoint signs any text: it is a checkpoint of the ledger only in the exact form.
func FuzzCheckpoint(f *testing.F) {
	l := newLedger(f, 3)
	key, vkey := newKey(f, origin, "log")
	text, _, _ := strings.Cut(string(l.checkpoint(f, 3, key)), "\n\n")
	text += "\n"
	f.Add(text)
	f.Add(text + "extension\n")
	f.Add(strings.Replace(text, "\n3\n", "\n03\n", 1))
	f.Add(origin + "\n")
	f.Fuzz(func(t *testing.T, body string) {
		signed, err := note.Sign(&note.Note{Text: body}, key)
		if err != nil {
			return // not the text of a note
		}
		got := verified(t, l.rows, verify.Evidence{Ledger: client, Key: vkey, Checkpoint: signed})
		if got.OK() && got.Proven == 3 && !strings.HasPrefix(body, text) {
			t.Fatalf("taken for a checkpoint: %q", body)
		}
	})
}

// FuzzNote takes any bytes as a checkpoint: without the key nothing is ever proven.
func FuzzNote(f *testing.F) {
	l := newLedger(f, 3)
	key, vkey := newKey(f, origin, "log")
	good := l.checkpoint(f, 3, key)
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add(append([]byte("\n"), good...))
	f.Fuzz(func(t *testing.T, signed []byte) {
		got := verified(t, l.rows, verify.Evidence{Ledger: client, Key: vkey, Checkpoint: signed})
		text, _, _ := bytes.Cut(signed, []byte("\n\n"))
		goodText, _, _ := bytes.Cut(good, []byte("\n\n"))
		if got.Proven > 0 && !bytes.Equal(text, goodText) {
			t.Fatalf("proven by %q", signed)
		}
	})
}
