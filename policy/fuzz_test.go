package policy_test

import (
	"errors"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/policy"
)

// Any text is either refused with problems or gives safe terms: terms with gaps cannot be
// compiled, and compiled terms deny a request without a person.
func FuzzParseTerms(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.*")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, text := range []string{minimal, "", "{}", "a: &a [*a]", "hours: [{days: [mon], from: \"00:00\", until: \"24:00\"}]",
		"validity: {from: 9999-12-31, until: 9999-12-31, zone: UTC}", strings.Repeat("[", 20000), "? ?", "\x00", "%YAML 1.1\n---\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		terms, err := policy.ParseTerms(text)
		if err != nil {
			if refused, ok := errors.AsType[*policy.TermsError](err); !ok || len(refused.Problems) == 0 {
				t.Fatalf("refused without a problem: %v", err)
			}
			return
		}
		complete := len(terms.Missing())+len(terms.Unenforceable()) == 0
		c, err := policy.Compile("c", 1, terms)
		if complete != (err == nil) {
			t.Fatalf("complete: %v, compiling: %v", complete, err)
		}
		if err != nil {
			return
		}
		if until := terms.Until(); !until.IsZero() && !until.After(terms.From()) {
			t.Fatalf("valid from %v until %v", terms.From(), until)
		}
		facts := favourable(policy.RoleHandler, policy.ActionDocumentRead)
		facts.Organisation, facts.Now, facts.Class = "", terms.From(), terms.Classes[0].Class
		if d := c.Decide(facts); d.Allowed {
			t.Fatalf("somebody of no organisation reads: %+v", d)
		}
	})
}

// A reference passes through URLs and paths as it is.
func FuzzParseReference(f *testing.F) {
	for _, s := range []string{"a", "", ".", "..", "a..b", ".a", "a.", "CHQ_2026-03.0001~b", "a/b", "a\\b", "a%2e", "a\x00", "a\r\n", "é", "a b",
		strings.Repeat("a", 255), strings.Repeat("a", 256), "a;b", "a?b", "a#b", "$", "a:b"} {
		f.Add(s)
	}
	alphabet := regexp.MustCompile(`\A[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,254}\z`)
	f.Fuzz(func(t *testing.T, s string) {
		accepted := policy.ParseReference(s) == nil
		if want := alphabet.MatchString(s) && !strings.Contains(s, ".."); accepted != want {
			t.Fatalf("%q accepted: %v", s, accepted)
		}
		if accepted && (url.PathEscape(s) != s || path.Clean("/x/"+s) != "/x/"+s) {
			t.Fatalf("%q changes in a URL or a path", s)
		}
	})
}

func FuzzParseIdentifier(f *testing.F) {
	for _, s := range []string{policy.NewID("d"), "", "d_", "d_" + strings.Repeat("a", 25), "d_" + strings.Repeat("a", 27),
		"D_" + strings.Repeat("a", 26), "d_" + strings.Repeat("A", 26), "d_" + strings.Repeat("1", 26), "d_" + strings.Repeat("7", 26),
		"o_" + strings.Repeat("a", 26), "d_" + strings.Repeat("é", 13), "d_" + strings.Repeat("a", 25) + "\n", " d_" + strings.Repeat("a", 26)} {
		f.Add(s)
	}
	alphabet := regexp.MustCompile(`\Ad_[a-z2-7]{26}\z`)
	f.Fuzz(func(t *testing.T, s string) {
		if accepted := policy.ParseIdentifier("d", s) == nil; accepted != alphabet.MatchString(s) {
			t.Fatalf("%q accepted: %v", s, accepted)
		}
	})
}

func FuzzParseClass(f *testing.F) {
	for _, s := range []string{"a", "", "-", "claim-form", "a-", "1a", "A", strings.Repeat("a", 63), strings.Repeat("a", 64), "a,b", "a$$b", "a\n"} {
		f.Add(s)
	}
	alphabet := regexp.MustCompile(`\A[a-z][a-z0-9-]{0,62}\z`)
	f.Fuzz(func(t *testing.T, s string) {
		if accepted := policy.ParseClass(s) == nil; accepted != alphabet.MatchString(s) {
			t.Fatalf("%q accepted: %v", s, accepted)
		}
	})
}

func TestNewIDIsAnIdentifier(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := policy.NewID("d")
		if err := policy.ParseIdentifier("d", id); err != nil || seen[id] {
			t.Fatalf("%s: %v", id, err)
		}
		seen[id] = true
	}
}
