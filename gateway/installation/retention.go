package installation

import (
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/config"
)

// eventRetention is for how long the erasable data of each class of events is kept.
func eventRetention(r config.Retention) map[event.RetentionClass]time.Duration {
	return map[event.RetentionClass]time.Duration{
		event.RetainContent: days(r.Content),
		event.RetainWork:    days(r.Work),
		event.RetainAccess:  days(r.Access),
		event.RetainSignIn:  days(r.SignIn),
		event.RetainAudit:   days(r.Audit),
		event.RetainDenial:  days(r.Denial),
	}
}

func days(n int64) time.Duration { return time.Duration(n) * 24 * time.Hour }
