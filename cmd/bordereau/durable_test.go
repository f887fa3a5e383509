package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/crypto/durable/durabletest"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/identity"
)

// After a crash at any point of an exchange of keys, a key is in its place, and the old
// one, which signed everything until now, has a name.
func TestExchangedKeysSurviveACrash(t *testing.T) {
	m := durabletest.New(t)
	path, keys := m.Path("ledger.key"), map[string]string{}
	for _, name := range []string{"ledger.key", "ledger.key.next"} {
		if _, err := identity.NewKey(m.Path(name)); err != nil { // before the machine records
			t.Fatal(err)
		}
		text, err := os.ReadFile(m.Path(name))
		if err != nil {
			t.Fatal(err)
		}
		keys[name] = string(text)
		m.Adopt(name, text)
	}
	former, err := exchangeKeys(m.Disk(), path, path+".next")
	if err != nil {
		t.Fatal(err)
	}
	m.Promise("exchanged")
	former = strings.TrimPrefix(former, m.Dir()+"/")
	m.Each(func(t testing.TB, c durabletest.Crashed) {
		now, _ := os.ReadFile(c.Path("ledger.key"))
		kept, _ := os.ReadFile(c.Path(former))
		oldIsNamed := string(now) == keys["ledger.key"] || string(kept) == keys["ledger.key"]
		newIsNamed := string(now) == keys["ledger.key.next"]
		if done := slices.Contains(c.Promised, "exchanged"); !oldIsNamed || string(now) == "" || done && !newIsNamed {
			t.Errorf("%s: in place %d bytes, kept %d bytes", c.How, len(now), len(kept))
		}
	})
}

// An ended manifest survives a crash to its last line. A manifest that lost lines has no
// sums, so a reader sees that the recovery was interrupted.
func TestAManifestThatEndedSurvivesACrash(t *testing.T) {
	m := durabletest.New(t)
	folder, err := m.Disk().Open(m.Path("out"), 0o700)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	list := &manifest{folder: folder}
	if err := list.add(gateway.Recovered{}); err != nil {
		t.Fatal(err)
	}
	if err := list.end(gateway.RecoveryReport{}, true); err != nil {
		t.Fatal(err)
	}
	m.Promise("ended")
	m.Each(func(t testing.TB, c durabletest.Crashed) {
		text, err := os.ReadFile(c.Path("out/manifest-1.jsonl"))
		whole := strings.Count(string(text), "\n") == 2 && strings.Contains(string(text), `"summary"`)
		if slices.Contains(c.Promised, "ended") && !whole {
			t.Errorf("%s: the manifest holds %q, %v", c.How, text, err)
		}
	})
}
