package choke

import (
	"time"

	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// DecidedAt is the time whose version decides: now, and after the end the end, so that no amendment comes into force that
// the contract did not live to see.
func DecidedAt(status queries.ContractStatus, now time.Time) time.Time {
	switch status.Status {
	case policy.StatusTerminated, policy.StatusExited:
		return status.ValidFrom.Time()
	}
	return now
}

// Day is a day of 24 hours.
const Day = 24 * time.Hour

// Within says whether a stored time span, from inclusive and until exclusive, has a time.
func Within(from, until queries.Micros, at time.Time) bool {
	t := queries.At(at)
	return from <= t && t < until
}
