package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/pprof"
)

// Readiness looks whether the gateway is ready for requests. The report is given out as
// JSON, so it holds no secret and no name.
type Readiness func(ctx context.Context) (ready bool, report any)

// NewAdminHandler is the handler of the admin listener. /livez answers while the process
// runs. /readyz is 200 while the gateway is ready and 503 otherwise, with the report.
// /metrics gives numbers and /debug/pprof/ profiles. The handler asks for no token: bind
// it to an address that only operators reach.
func NewAdminHandler(look Readiness, metrics http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		say(w, http.StatusOK, "text/plain; charset=utf-8", []byte("alive\n"))
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ready, report := look(r.Context())
		status := http.StatusOK
		if !ready {
			status = http.StatusServiceUnavailable
		}
		text, err := json.Marshal(report)
		if err != nil {
			panic(err) // never: it is made of words
		}
		say(w, status, "application/json", append(text, '\n'))
	})
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

func say(w http.ResponseWriter, status int, mediaType string, text []byte) {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(text) // the client has gone
}
