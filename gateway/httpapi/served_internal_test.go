package httpapi

import (
	"log/slog"
	"time"
)

// NewRequestLog is the log of requests, for a time that a test sets.
func NewRequestLog(log *slog.Logger) func(d Served, now time.Time) {
	var anonymous bucket
	return func(d Served, now time.Time) { logRequest(log, &anonymous, d, now) }
}
