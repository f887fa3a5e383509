package demo_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway/demo"
	"github.com/bordereau/bordereau/policy"
)

func compile(t *testing.T, key string) (*policy.Terms, *policy.Compiled) {
	t.Helper()
	text, err := demo.Terms(key, "o_"+strings.Repeat("a", 26), "o_"+strings.Repeat("b", 26))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := policy.ParseTerms(text)
	if err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	if problems := append(parsed.Missing(), parsed.Unenforceable()...); len(problems) > 0 {
		t.Errorf("%s cannot be approved: %v", key, problems)
	}
	compiled, err := policy.Compile("c_test", 1, parsed)
	if err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	return parsed, compiled
}

func TestTermsAllowWhatIsSentUnderThem(t *testing.T) {
	for key, documents := range demo.Goods() {
		_, compiled := compile(t, key)
		for _, d := range documents {
			if class := policy.Class(d[0]); !takes(compiled.MediaTypes(class), d[1]) {
				t.Errorf("%s: class %s takes %v, the demo sends %s", key, class, compiled.MediaTypes(class), d[1])
			}
		}
	}
}

// takes says whether a list of types and families has the type.
func takes(listed []string, mediaType string) bool {
	return slices.Contains(listed, mediaType) || slices.ContainsFunc(policy.Families(), func(f policy.Family) bool {
		return slices.Contains(listed, f.Name) && slices.Contains(f.Types, mediaType)
	})
}

func TestTermsForOwnDocumentsTakeAnything(t *testing.T) {
	_, compiled := compile(t, "documents")
	if got := compiled.MediaTypes("document"); !slices.Equal(got, []string{"*/*", "executable"}) {
		t.Errorf("media types %v", got)
	}
	if got := compiled.MaxBytes("document"); got != 5<<40 {
		t.Errorf("%d bytes at most, want 5 TiB", got)
	}
}

func TestExpiredTermsHaveEnded(t *testing.T) {
	parsed, _ := compile(t, "expired")
	if parsed.Until().IsZero() || parsed.Until().After(time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("they end %v", parsed.Until())
	}
}
