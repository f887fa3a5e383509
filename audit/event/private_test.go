package event_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit/event"
)

// The commitment's format is frozen too.
func TestCommitmentVector(t *testing.T) {
	opening := event.Opening{Clear: `{"address":"192.0.2.1","note":"<é>"}`, Salt: bytes.Repeat([]byte{7}, event.SaltBytes)}
	const want = "QWjxjfxrtLBtm/GvnOhnwi1yf6/5m3DT2peqLDW6BbM="
	if got := opening.Commitment(); got != want {
		t.Errorf("commitment %s, want %s", got, want)
	}
	if !opening.Check(want) {
		t.Error("Check refuses the opening of its own commitment")
	}
}

func TestHide(t *testing.T) {
	private := map[string]string{"note": "<b> & \"é\"\n", "address": "192.0.2.1"}
	opening, err := event.Hide(private)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"address":"192.0.2.1","note":"<b> & \"é\"\n"}`
	if opening.Clear != want {
		t.Errorf("clear %s, want %s", opening.Clear, want)
	}
	got, err := opening.Private()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(private, got); diff != "" {
		t.Errorf("erasable data (-want +got):\n%s", diff)
	}
	again, err := event.Hide(private)
	if err != nil {
		t.Fatal(err)
	}
	if again.Commitment() == opening.Commitment() {
		t.Error("two events with the same erasable data have the same commitment: the salt does not differ")
	}
}

func TestHideRefuses(t *testing.T) {
	_, err := event.Hide(map[string]string{"note": strings.Repeat("x", event.MaxPrivate)})
	if !errors.Is(err, event.ErrInvalid) {
		t.Errorf("erasable data over the limit: %v, want ErrInvalid", err)
	}
}

func TestOpeningCheckRefuses(t *testing.T) {
	opening, err := event.Hide(map[string]string{"address": "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	commitment := opening.Commitment()

	otherClear := event.Opening{Clear: strings.Replace(opening.Clear, "1", "2", 1), Salt: opening.Salt}
	otherSalt := event.Opening{Clear: opening.Clear, Salt: bytes.Clone(opening.Salt)}
	otherSalt.Salt[0] ^= 1
	// The same bytes, divided elsewhere between salt and text, hash to the same digest.
	moved := event.Opening{Clear: opening.Clear[1:], Salt: append(bytes.Clone(opening.Salt), opening.Clear[0])}
	if moved.Commitment() != commitment {
		t.Fatal("the case does not test what it should")
	}
	for name, wrong := range map[string]event.Opening{"clear": otherClear, "salt": otherSalt, "boundary": moved, "nothing": {}} {
		if wrong.Check(commitment) {
			t.Errorf("Check accepts another %s", name)
		}
	}
	if opening.Check("") {
		t.Error("Check accepts an empty commitment")
	}
}
