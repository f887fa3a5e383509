package installation

import (
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/gateway"
)

// For every class of events, the configuration and the gateway accept the same times and
// have the same default.
func TestRetentionBoundsAgree(t *testing.T) {
	base := config.Default().Resolve(t.TempDir())
	standard := eventRetention(base.Ledger.Retention)
	classes := event.Retentions()
	if len(standard) != len(classes) {
		t.Errorf("%d classes are configured, there are %d", len(standard), len(classes))
	}
	keys := func(c *config.Config) map[event.RetentionClass]*int64 {
		r := &c.Ledger.Retention
		return map[event.RetentionClass]*int64{event.RetainContent: &r.Content, event.RetainWork: &r.Work, event.RetainAccess: &r.Access,
			event.RetainSignIn: &r.SignIn, event.RetainAudit: &r.Audit, event.RetainDenial: &r.Denial}
	}
	check := func(class event.RetentionClass, days int, good bool) {
		t.Helper()
		c := base
		*keys(&c)[class] = int64(days)
		if err := c.Validate(); (err == nil) != good {
			t.Errorf("%s kept for %d days: %v", class, days, err)
		}
	}
	for _, r := range classes {
		if standard[r.Class] != time.Duration(r.Default)*24*time.Hour {
			t.Errorf("%s: the default is %s, want %d days", r.Class, standard[r.Class], r.Default)
		}
		check(r.Class, r.Floor-1, false)
		check(r.Class, r.Floor, true)
		check(r.Class, r.Ceiling, true)
		check(r.Class, r.Ceiling+1, false)
	}
	for days, good := range map[time.Duration]bool{gateway.NameRetentionFloor: true, gateway.NameRetentionCeiling: true,
		gateway.NameRetentionFloor - 1: false, gateway.NameRetentionCeiling + 24*time.Hour: false} {
		c := base
		c.Ledger.Retention.Names = int64(days / (24 * time.Hour))
		if err := c.Validate(); (err == nil) != good {
			t.Errorf("names kept for %s: %v", days, err)
		}
	}
	if days(base.Ledger.Retention.Names) != gateway.NameRetentionDefault {
		t.Error("the configuration and the gateway differ in the default for names")
	}
}
