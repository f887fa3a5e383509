package publish_test

import (
	"testing"

	"github.com/bordereau/bordereau/audit/publish"
	"github.com/bordereau/bordereau/audit/publish/sinktest"
)

func TestFolderConforms(t *testing.T) {
	sinktest.Run(t, func(t *testing.T) publish.Sink {
		folder, err := publish.OpenFolder(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { folder.Close() })
		return folder
	})
}

func TestPermanentNames(t *testing.T) {
	for name, want := range map[string]bool{
		"operator/checkpoint":                       false,
		"operator/2/checkpoint":                     false,
		"operator/checkpoints/00000000000000000007": true,
		"operator/tile/0/000":                       true,
		"operator/tile/entries/x001/234":            true,
		"operator/tile/entries/x001/234.p/7":        false,
		"operator/tile/0/234.p/255":                 false,
	} {
		if publish.Permanent(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}
