package gateway

import (
	"time"

	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// decidedAt is the time whose version decides: now, and after the end the end, so that no amendment comes into force that
// the contract did not live to see.
func decidedAt(status queries.ContractStatus, now time.Time) time.Time {
	switch policy.ContractStatus(status.Status) {
	case policy.StatusTerminated, policy.StatusExited:
		return fromMicros(status.ValidFrom)
	}
	return now
}

const day = 24 * time.Hour

// forever is the end of what has no end set.
const forever = 1<<63 - 1

func within(from, until int64, at time.Time) bool {
	t := micros(at)
	return from <= t && t < until
}

func micros(t time.Time) int64 { return t.UnixMicro() }

// endMicros is the stored form of an end; the zero time means that there is none.
func endMicros(t time.Time) int64 {
	if t.IsZero() {
		return forever
	}
	return t.UnixMicro()
}

// fromMicros is the time of a stored one; 0 and forever are the zero time.
func fromMicros(us int64) time.Time {
	if us == 0 || us == forever {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
