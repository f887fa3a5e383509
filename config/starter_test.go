package config_test

import (
	"net/netip"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/bordereau/bordereau/config"
)

func TestTheStarterIsTheDefaults(t *testing.T) {
	dir := t.TempDir()
	c, err := config.Load(write(t, filepath.Join(dir, "bordereau.yaml"), string(config.Starter(config.Default()))), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(config.Default().Resolve(dir), c, ranges); diff != "" {
		t.Errorf("(-defaults +starter):\n%s", diff)
	}
}

// A Starter gives back its values, except secrets: secrets come from elsewhere.
func TestAStarterKeepsItsValues(t *testing.T) {
	dir := t.TempDir()
	want, err := config.Load(write(t, filepath.Join(dir, "full.yaml"), everything), nil)
	if err != nil {
		t.Fatal(err)
	}
	starter := string(config.Starter(want))
	got, err := config.Load(write(t, filepath.Join(dir, "starter.yaml"), starter), []string{
		"BORDEREAU_DATABASE__URL=" + want.Database.URL.Reveal(),
		"BORDEREAU_OBJECTS__SECRET_KEY=" + want.Objects.SecretKey.Reveal(),
		"BORDEREAU_KEYS__ROOT_SECRET=" + want.Keys.RootSecret.Reveal(),
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, starter)
	}
	if diff := cmp.Diff(want, got, ranges); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The starter is the manual: every key stands in it once, set or as a comment, below an
// explanation.
func TestTheStarterExplainsEveryKey(t *testing.T) {
	starter := string(config.Starter(config.Default()))
	commented := regexp.MustCompile(`(?m)^(\s*)# ([a-z-]+):$`).ReplaceAllString(starter, "$1$2: #")
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(commented), &root); err != nil {
		t.Fatalf("%v\n%s", err, commented)
	}
	var got []string
	for _, entry := range variables(root.Content[0], "") {
		name, _, _ := strings.Cut(entry, "=")
		got = append(got, name)
	}
	var want []string
	for _, path := range keys(reflect.TypeFor[config.Config](), "") {
		want = append(want, variable(path))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys (-struct +starter):\n%s", diff)
	}
}

// FuzzStarter asserts that no text given to a Starter breaks out of its place in the
// file.
func FuzzStarter(f *testing.F) {
	for _, text := range []string{"data", "", "true", "0x10", "a: b", "# no", "line\nlog: {level: debug}", "\n  indented\nless", "\xff", "\xff\n" + strings.Repeat("\xfe", 200), "'\"", "- a", "é ✓", "\x00\x7f", "*a", "{{", " "} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := config.Default()
		c.DataDir, c.Database.Path, c.Keys.Token = text, text, "/t"+text
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("::1/128")}
		dir := t.TempDir()
		want := c
		if text == "" {
			want.DataDir = config.Default().DataDir // an empty text is no value
		}
		want = want.Resolve(dir)
		got, err := config.Load(write(t, filepath.Join(dir, "c.yaml"), string(config.Starter(c))), nil)
		if err != nil {
			if want.Validate() == nil {
				t.Errorf("given %q: %v", text, err)
			}
			return
		}
		if diff := cmp.Diff(want, got, ranges); diff != "" {
			t.Errorf("given %q (-want +got):\n%s", text, diff)
		}
	})
}
