package config_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/config"
)

// Adding two recipients to the starter changes that one line alone.
func TestRecoveryIsAddedToTheStarter(t *testing.T) {
	starter := config.Starter(config.Default())
	text := starter
	for _, recipient := range []string{"age1first", "age1second", "age1first"} {
		var err error
		if text, err = config.AddRecovery(text, recipient); err != nil {
			t.Fatal(err)
		}
	}
	c, err := config.Load(write(t, filepath.Join(t.TempDir(), "c.yaml"), string(text)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"age1first", "age1second"}, c.Keys.Recovery); diff != "" {
		t.Errorf("recovery (-want +got):\n%s", diff)
	}
	want := strings.Replace(string(starter), "  # recovery:\n", "  recovery: [\"age1first\", \"age1second\"]\n", 1)
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
}

func TestAddRecoveryRefusesAFileThatInitDidNotWrite(t *testing.T) {
	for name, text := range map[string]string{
		"no section":   "data-dir: data\n",
		"flow":         "keys: {recovery: [age1first]}\n",
		"several rows": "keys:\n  recovery:\n  - age1first\n",
		"a second one": "keys:\n  recovery: []\nother:\n  recovery: []\n",
		"elsewhere":    "limits:\n  # recovery:\n",
		"in a text":    "data-dir: |\n  # recovery:\n",
		"commented":    "keys:\n  recovery: [age1first] # in the safe\n",
	} {
		if got, err := config.AddRecovery([]byte(text), "age1second"); !errors.Is(err, config.ErrByHand) || got != nil {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	if _, err := config.AddRecovery([]byte("keys: [\n"), "age1second"); err == nil || errors.Is(err, config.ErrByHand) {
		t.Errorf("no YAML: got %v", err)
	}
}

// FuzzAddRecovery asserts that the changed file has its earlier keys and the recipient.
func FuzzAddRecovery(f *testing.F) {
	f.Add(string(config.Starter(config.Default())), "age1x")
	f.Add("keys:\n  recovery: [\"a\", b]\n", "age1\"], token: x")
	f.Add("keys:\n  # recovery:\n  token: x\n", "age1\nroot: y")
	f.Fuzz(func(t *testing.T, text, recipient string) {
		changed, err := config.AddRecovery([]byte(text), recipient)
		if err != nil {
			return
		}
		again, err := config.AddRecovery(changed, recipient)
		if err != nil || string(again) != string(changed) {
			t.Errorf("adding twice gave %q, %v", again, err)
		}
	})
}
