package choke

import (
	"time"

	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// DecidedAt returns the time whose contract version decides. It is now, or the end of a
// contract that has ended. An amendment that would come into force after the end decides
// nothing.
func DecidedAt(status queries.ContractStatus, now time.Time) time.Time {
	switch status.Status {
	case policy.StatusTerminated, policy.StatusExited:
		return status.ValidFrom.Time()
	}
	return now
}

// Day is a day of 24 hours.
const Day = 24 * time.Hour

// Within says whether at lies in the stored time span. from is inclusive, until
// exclusive.
func Within(from, until queries.Micros, at time.Time) bool {
	t := queries.At(at)
	return from <= t && t < until
}
