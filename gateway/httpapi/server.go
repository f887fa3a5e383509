package httpapi

import (
	"log/slog"
	"net/http"
	"time"
)

// NewServer is an http.Server with the limits that a handler of this package relies on.
// It has no limit for a whole body or answer, which may take hours. The handler limits
// how long they stand still.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}
