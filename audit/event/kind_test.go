package event_test

import (
	"slices"
	"testing"

	"github.com/bordereau/bordereau/audit/event"
)

func TestKinds(t *testing.T) {
	for action, want := range map[event.Action]event.Kind{
		"document.read": event.KindContent, "document.receive": event.KindContent, "batch.seal": event.KindWork,
		"batch.list": event.KindWork, "contract.list": event.KindWork, "contract.read": event.KindWork, "assignment.lease": event.KindWork,
		"contract.approve": event.KindAccess, "role.grant": event.KindAccess, "member.leave": event.KindAccess,
		"credential.issue": event.KindAccess, "token.issue": event.KindSignIn, "audit.query": event.KindAudit,
		"something.new": event.KindAccess, // reviews of access find it
	} {
		if got := action.Kind(); got != want {
			t.Errorf("%s is %s, want %s", action, got, want)
		}
	}
	for _, entry := range event.Catalogue() {
		if !slices.Contains(event.Kinds(), entry.Action.Kind()) {
			t.Errorf("%s is of kind %q", entry.Action, entry.Action.Kind())
		}
	}
}
