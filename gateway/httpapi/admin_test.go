package httpapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/bordereau/bordereau/gateway/httpapi"
)

func TestAdmin(t *testing.T) {
	ready := true
	h := httpapi.NewAdminHandler(func(context.Context) (bool, any) { return ready, map[string]bool{"ready": ready} }, http.NotFoundHandler())
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	for path, want := range map[string]int{"/livez": 200, "/readyz": 200, "/debug/pprof/": 200, "/debug/pprof/heap?debug=1": 200, "/v1/contracts": 404} {
		if w := get(path); w.Code != want {
			t.Errorf("%s: got %d, want %d", path, w.Code, want)
		}
	}
	if w := get("/readyz"); w.Body.String() != `{"ready":true}`+"\n" {
		t.Errorf("got %s", w.Body)
	}
	ready = false
	if w := get("/readyz"); w.Code != http.StatusServiceUnavailable || w.Body.String() != `{"ready":false}`+"\n" {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if w := get("/livez"); w.Code != http.StatusOK {
		t.Errorf("not ready is not dead: got %d", w.Code)
	}
}

// net/http/pprof also registers itself with the default mux, which the API does not
// serve.
func TestProfilesAreNotOnTheAPI(t *testing.T) {
	s := serve(t)
	wantProblem(t, s.call(t, s.Operator, http.MethodGet, "/debug/pprof/", "", nil), http.StatusNotFound, "not-found")
}
