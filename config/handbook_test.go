package config_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/config"
)

// The handbook's configuration of a first installation is one.
func TestTheHandbooksConfigurationIsGood(t *testing.T) {
	page, err := os.ReadFile("../docs/postgresql.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile(`(?s)\n       data-dir: .*?\n\n`).Find(page)
	path := filepath.Join(t.TempDir(), "bordereau.yaml")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(block), "\n       ", "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	url := regexp.MustCompile(`postgres://\S+`).FindString(string(page))
	c, err := config.Load(path, []string{"BORDEREAU_DATABASE__URL=" + url})
	if err != nil {
		t.Fatal(err)
	}
	if c.Ledger.Publish.RetentionMode != config.Compliance || c.Limits.DrainPause == 0 || c.TLS.Cert == "" {
		t.Errorf("the page says other things than were read: %+v", c)
	}
}
