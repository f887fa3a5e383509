package choke

import (
	"time"

	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// DecidedAt is the time whose version decides: now, and after the end the end, so that no amendment comes into force that
// the contract did not live to see.
func DecidedAt(status queries.ContractStatus, now time.Time) time.Time {
	switch policy.ContractStatus(status.Status) {
	case policy.StatusTerminated, policy.StatusExited:
		return FromMicros(status.ValidFrom)
	}
	return now
}

const Day = 24 * time.Hour

// Forever is the end of what has no end set.
const Forever = 1<<63 - 1

func Within(from, until int64, at time.Time) bool {
	t := Micros(at)
	return from <= t && t < until
}

func Micros(t time.Time) int64 { return t.UnixMicro() }

// EndMicros is the stored form of an end; the zero time means that there is none.
func EndMicros(t time.Time) int64 {
	if t.IsZero() {
		return Forever
	}
	return t.UnixMicro()
}

// FromMicros is the time of a stored one; 0 and forever are the zero time.
func FromMicros(us int64) time.Time {
	if us == 0 || us == Forever {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
