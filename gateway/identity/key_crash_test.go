package identity_test

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/bordereau/bordereau/crypto/durable/durabletest"
	"github.com/bordereau/bordereau/gateway/identity"
)

// A key that signed and was then lost would leave receipts that no one can check.
func TestANewKeySurvivesACrash(t *testing.T) {
	m := durabletest.New(t)
	key, err := identity.NewKeyOn(m.Disk(), m.Path("receipt.key"))
	if err != nil {
		t.Fatal(err)
	}
	m.Promise("made")
	m.Each(func(t testing.TB, c durabletest.Crashed) {
		found, err := identity.LoadKey(c.Path("receipt.key"))
		switch {
		case err == nil && !found.Equal(key):
			t.Errorf("%s: another key", c.How)
		case err != nil && len(c.Promised) > 0, err != nil && !errors.Is(err, fs.ErrNotExist):
			t.Errorf("%s: %v", c.How, err)
		}
	})
}
