package gateway_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/gateway"
)

// Gateway has the exported methods of the rooms that it embeds. Each method takes the
// person who asks and is decided, with two exceptions: the methods of the machine's
// owner, whose names begin with Local, and those listed here. SignIn finds out who asks.
// EpochsInMemory, HeldContracts and Keep are for tests only.
func TestEveryMethodSaysWhoAsks(t *testing.T) {
	want := strings.Fields("Announce Bootstrap CheckMissing ContinueErasures ContinueRotation ContinueRotations EpochsInMemory " +
		"HeldContracts Keep ReapplyErasures RefusedErasures ResumeLedgers Retain RetryRetained Run RunStoreSweeps SignIn StuckErasures " +
		"Sweep SweepStore SweepUploads UnknownErasures")
	var got []string
	gatewayType := reflect.TypeFor[*gateway.Gateway]()
	for m := range gatewayType.Methods() {
		takes := slices.Collect(func(yield func(reflect.Type) bool) {
			for in := range m.Type.Ins() {
				if !yield(in) {
					return
				}
			}
		})
		if !slices.Contains(takes, reflect.TypeFor[gateway.Caller]()) && !strings.HasPrefix(m.Name, "Local") {
			got = append(got, m.Name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("methods that no caller is given to (-want +got):\n%s", diff)
	}
}
