package queries

import (
	"math"
	"time"
)

// Micros is a time as it is stored: microseconds since 1970 UTC. Zero and Forever stand
// for no time.
type Micros int64

// Forever is the end of a row without an end.
const Forever Micros = math.MaxInt64

// At is the stored form of a time.
func At(t time.Time) Micros { return Micros(t.UnixMicro()) }

// Until is the stored form of an end. The zero time means that there is none.
func Until(t time.Time) Micros {
	if t.IsZero() {
		return Forever
	}
	return At(t)
}

// Time is the stored time. Zero and Forever are the zero time.
func (m Micros) Time() time.Time {
	if m == 0 || m == Forever {
		return time.Time{}
	}
	return time.UnixMicro(int64(m)).UTC()
}
