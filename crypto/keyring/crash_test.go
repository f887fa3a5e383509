package keyring_test

import (
	"errors"
	"io/fs"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/crypto/durable/durabletest"
	"github.com/bordereau/bordereau/crypto/keyring"
)

// After a crash at any point, the root file has the roots that a caller was last told of,
// or those of the running step. Before the first step there is no file.
func TestRootFileKeepsItsPromisesInACrash(t *testing.T) {
	m := durabletest.New(t)
	disk, path := m.Disk(), m.Path("root.key")
	states := map[string][]string{}
	for _, step := range []struct {
		name string
		do   func() (*keyring.Root, error)
	}{
		{"create", func() (*keyring.Root, error) { return keyring.CreateOn(disk, path) }},
		{"add", func() (*keyring.Root, error) { return keyring.AddFirstOn(disk, path) }},
		{"keep", func() (*keyring.Root, error) { return keyring.KeepFirstOn(disk, path) }},
	} {
		root, err := step.do()
		if err != nil {
			t.Fatal(err)
		}
		m.Promise(step.name)
		states[step.name] = root.Fingerprints()
	}
	order := []string{"create", "add", "keep"}
	m.Each(func(t testing.TB, c durabletest.Crashed) {
		done := len(c.Promised)
		root, err := keyring.Load(c.Path("root.key"))
		if done == 0 && errors.Is(err, fs.ErrNotExist) {
			return
		}
		if err != nil {
			t.Errorf("%s: %v", c.How, err)
			return
		}
		may := order[max(done-1, 0):min(done+1, len(order))]
		if !slices.ContainsFunc(may, func(state string) bool { return cmp.Equal(states[state], root.Fingerprints()) }) {
			t.Errorf("%s: the file has %v, which is not that after %v", c.How, root.Fingerprints(), may)
		}
	})
}

func TestRecoveryKeySurvivesACrashOnceItsPublicHalfIsKnown(t *testing.T) {
	m := durabletest.New(t)
	recipient, err := keyring.CreateRecoveryOn(m.Disk(), m.Path("recovery.key"))
	if err != nil {
		t.Fatal(err)
	}
	m.Promise("created")
	m.Each(func(t testing.TB, c durabletest.Crashed) {
		root, err := keyring.Load(c.Path("recovery.key"))
		switch {
		case err == nil && root.Fingerprints()[0] != recipient.Fingerprint():
			t.Errorf("%s: the key of another", c.How)
		case err != nil && len(c.Promised) > 0, err != nil && !errors.Is(err, fs.ErrNotExist):
			t.Errorf("%s: %v", c.How, err)
		}
	})
}
