package event_test

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit/event"
)

const firstName = "bordereau.example/audit/o_aaaaaaaaaaaaaaaaaaaaaaaaaa"

func keyChange() event.KeyChange {
	key := func(seed byte) ed25519.PublicKey {
		return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize)).Public().(ed25519.PublicKey)
	}
	return event.KeyChange{Former: key(1), Next: key(2), Signature: bytes.Repeat([]byte{3}, ed25519.SignatureSize)}
}

func TestLogNames(t *testing.T) {
	for name, want := range map[string]int64{firstName: 1, firstName + "/2": 2, firstName + "/17": 17, "x/operator": 1} {
		first, epoch, ok := event.SplitLogName(name)
		if !ok || epoch != want || event.LogName(first, epoch) != name {
			t.Errorf("%s is %s in epoch %d (%v)", name, first, epoch, ok)
		}
	}
	for _, name := range []string{"", "/", "operator", firstName + "/1", firstName + "/0", firstName + "/02", firstName + "/+2", firstName + "/2/",
		firstName + "/2/2", firstName + "//2", "x/o_a", "x/operator/99999999999999999999"} {
		if first, epoch, ok := event.SplitLogName(name); ok {
			t.Errorf("%q is %s in epoch %d", name, first, epoch)
		}
	}
}

func TestControlEventsAreReadBack(t *testing.T) {
	epoch := event.EpochChange{Epoch: 3, Former: 1, Size: 300, Root: [32]byte{1, 2, 3}}
	if back, err := event.ParseEpochChange(epoch.String()); err != nil || back != epoch {
		t.Errorf("%v, %v", back, err)
	}
	key := keyChange()
	back, err := event.ParseKeyChange(key.String())
	if diff := cmp.Diff(key, back); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if len(key.String()) > event.MaxText || len(epoch.String()) > event.MaxText {
		t.Error("a control event's subject is longer than a text may be")
	}
	stated, ok := event.ParseStatement(firstName, key.Statement(firstName))
	if key.Signature = nil; !ok || !cmp.Equal(key, stated) {
		t.Errorf("the statement says %v", stated)
	}
	if _, ok := event.ParseStatement(strings.Replace(firstName, "o_a", "o_b", 1), key.Statement(firstName)); ok {
		t.Error("the statement of another ledger was taken")
	}
}

func TestControlEventsHaveOneForm(t *testing.T) {
	epoch, key := event.EpochChange{Epoch: 2, Former: 1, Size: 5}.String(), keyChange().String()
	root := strings.Fields(epoch)[3]
	for _, s := range []string{"", " ", epoch + " ", " " + epoch, strings.Replace(epoch, " ", "  ", 1), "2 1 05 " + root, "2 1 -5 " + root, "2 2 5 " + root,
		"1 0 5 " + root, "2 1 5 " + root[1:], "2 1 5", strings.TrimSuffix(epoch, "="), "2 1 99999999999999999999 " + root} {
		if m, err := event.ParseEpochChange(s); err == nil {
			t.Errorf("%q is %v", s, m)
		}
	}
	for _, s := range []string{"", key + " ", key[1:], strings.TrimSuffix(key, "="), strings.Replace(key, "A", "B", 1), strings.Replace(key, " ", "\n", 1)} {
		if m, err := event.ParseKeyChange(s); err == nil {
			t.Errorf("%q is %v", s, m)
		}
	}
}

// FuzzControlEvents: a text that parses is the text that would be written.
func FuzzControlEvents(f *testing.F) {
	f.Add(event.EpochChange{Epoch: 2, Former: 1, Size: 5}.String())
	f.Add(keyChange().String())
	f.Add(keyChange().Statement(firstName))
	f.Add(firstName + "/2")
	f.Fuzz(func(t *testing.T, s string) {
		if m, err := event.ParseEpochChange(s); err == nil && m.String() != s {
			t.Errorf("epoch: %q", s)
		}
		if m, err := event.ParseKeyChange(s); err == nil && m.String() != s {
			t.Errorf("key: %q", s)
		}
		if m, ok := event.ParseStatement(firstName, s); ok && m.Statement(firstName) != s {
			t.Errorf("statement: %q", s)
		}
		if first, epoch, ok := event.SplitLogName(s); ok && event.LogName(first, epoch) != s {
			t.Errorf("name: %q", s)
		}
	})
}
