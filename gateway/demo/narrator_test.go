package demo_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/gateway/demo"
)

func denial(status int, reason string) error {
	return fmt.Errorf("fetching: %w", &api.Problem{Type: api.ProblemPrefix + "denied", Status: status, Reason: &reason})
}

func TestStory(t *testing.T) {
	var out strings.Builder
	n := demo.NewNarrator(&out)
	n.Called(request(t, "GET", "/v1/one", ""))
	_ = n.Did(nil, "one thing")
	for range 4 {
		n.Called(request(t, "GET", "/v1/many", ""))
	}
	_ = n.Did(nil, "many things")
	n.Refused(denial(403, "not-assigned"), 403, "denied", "not-assigned", "refused")
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	want := `   1 ✓ one thing
       curl "$API/v1/one"
   2 ✓ many things
       curl "$API/v1/many"
       # and 3 more like it
   3 ✓ refused: 403 denied (not-assigned)

3 steps, all as they should be.
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestDifferencesAreCollected(t *testing.T) {
	failure := errors.New("connection refused")
	for name, differ := range map[string]func(demo.Narrator){
		"a failure":         func(n demo.Narrator) { _ = n.Did(failure, "step of the test") },
		"allowed":           func(n demo.Narrator) { n.Refused(nil, 403, "denied", "no-rule", "step of the test") },
		"another status":    func(n demo.Narrator) { n.Refused(denial(404, "no-rule"), 403, "denied", "no-rule", "step of the test") },
		"another reason":    func(n demo.Narrator) { n.Refused(denial(403, "site"), 403, "denied", "no-rule", "step of the test") },
		"another kind":      func(n demo.Narrator) { n.Refused(denial(403, "no-rule"), 403, "state", "no-rule", "step of the test") },
		"no problem at all": func(n demo.Narrator) { n.Refused(failure, 403, "denied", "no-rule", "step of the test") },
	} {
		var out strings.Builder
		n := demo.NewNarrator(&out)
		_ = n.Did(nil, "first")
		differ(n)
		_ = n.Did(nil, "last")
		err := n.Close()
		if err == nil || !strings.Contains(err.Error(), "step 2, step of the test") {
			t.Errorf("%s: the error is %v", name, err)
		}
		if !strings.Contains(out.String(), "   2 ✗ step of the test") || !strings.Contains(out.String(), "1 of 3 steps differ") {
			t.Errorf("%s: the story says\n%s", name, out.String())
		}
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	c := demo.Config{Operator: demo.Credential{Person: "p_x", Secret: "hunter2"}}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("config", "credential", c.Operator, "secret", c.Operator.Secret)
	for _, printed := range []string{fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), log.String()} {
		if strings.Contains(printed, "hunter2") {
			t.Errorf("a secret is printed: %s", printed)
		}
	}
	ready, err := json.Marshal(demo.Person{Secret: "hunter2"})
	if err != nil || !strings.Contains(string(ready), `"secret":"hunter2"`) {
		t.Errorf("the ready file says %s, %v", ready, err)
	}
}

func TestPlayRefusesWhatIsMissing(t *testing.T) {
	good := demo.Config{API: "http://127.0.0.1:1", Operator: demo.Credential{Person: "p_x", Secret: "s"}}
	for name, spoil := range map[string]func(*demo.Config){
		"API":        func(c *demo.Config) { c.API = "" },
		"credential": func(c *demo.Config) { c.Operator.Secret = "" },
		"scale":      func(c *demo.Config) { c.Scale = -1 },
	} {
		c := good
		spoil(&c)
		if w, err := demo.Play(t.Context(), c); err == nil || w != nil {
			t.Errorf("%s: played with %v", name, err)
		}
	}
}
