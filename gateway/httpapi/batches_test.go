package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/bordereau/bordereau/gateway/api"
)

// The whole batch is assigned only to a request that says so.
func TestAnEmptyListAssignsNothingOverHTTP(t *testing.T) {
	s := serve(t)
	batch, documents := s.Sent(t, 2)
	assign := func(rest string) answer {
		return s.call(t, s.ProviderManager, http.MethodPost, "/v1/batches/"+string(batch)+"/assignments",
			fmt.Sprintf(`{"person":%q%s}`, s.Handler.Person, rest), nil)
	}
	for _, rest := range []string{"", `,"documents":[]`, `,"all":false`, `,"documents":[],"all":false`, fmt.Sprintf(`,"documents":[%q],"all":true`, documents[0].ID)} {
		if p := wantProblem(t, assign(rest), http.StatusBadRequest, "parameter"); or(p.Field) != "documents" {
			t.Errorf("%s: field %q", rest, or(p.Field))
		}
	}
	if n := rowsOf(t, s.Database)["assignment"]; n != 0 {
		t.Errorf("%d assignments were stored", n)
	}
	if a := into[api.Assignment](t, assign(`,"all":true`), http.StatusCreated); len(a.Documents) != 2 {
		t.Errorf("the whole batch has %d documents", len(a.Documents))
	}
}
