package httpapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
)

// answersDiffer are operations whose second answer differs on purpose, with the members
// that do.
var answersDiffer = map[string][]string{
	"issueToken":      {"access_token"},
	"issueCredential": {"id", "secret"},
	"simulate":        nil,
}

// Every POST of the API document is safe to repeat: asked twice, word for word, it leaves
// what it left the first time and gives the same answer.
func TestEveryPOSTIsSafeToRepeat(t *testing.T) {
	a := &asker{service: serve(t), m: readMatrix(t), routes: routes(t)}
	a.ours, a.other = a.newSide(t, "A"), a.newSide(t, "B")
	tried := 0
	for _, operation := range slices.Sorted(maps.Keys(a.routes)) {
		if a.routes[operation].method != http.MethodPost {
			continue
		}
		tried++
		t.Run(operation, func(t *testing.T) { a.repeat(t, operation) })
	}
	if tried < 28 {
		t.Errorf("only %d operations were repeated", tried)
	}
}

// allowedCell is a question of the matrix about the operation that is allowed.
func (a *asker) allowedCell(t *testing.T, operation string) cell {
	t.Helper()
	for _, state := range []string{"active", "open", "sealed", "proposed", "suspended", "terminated", "unleased", "expired"} {
		for _, role := range roles {
			at := cell{operation, role, state}
			if want, ok := a.m.cells[at]; ok && want.allowed() {
				return at
			}
		}
	}
	t.Fatal("the matrix allows it in no state")
	return cell{}
}

func (a *asker) repeat(t *testing.T, operation string) {
	at, r := a.allowedCell(t, operation), a.routes[operation]
	c := a.fixtureFor(t, at.state)
	a.furnish(t, r, c)
	who := a.ours.people[at.role]
	path := r.path
	for name, value := range c.asked(at) {
		path = strings.ReplaceAll(path, "{"+name+"}", value)
	}
	var m message
	if make := messages[operation]; make != nil {
		m = make(c)
	}
	if operation == "issueToken" {
		m = a.credentials(t, at.role, who, c)
	}
	ask := func() answer {
		got := a.do(t, a.request(t, who, r.method, path+m.query, m.body, m.header))
		if got.StatusCode >= 300 {
			t.Fatalf("%v: %d %s", at, got.StatusCode, got.body)
		}
		return got
	}
	first := ask()
	after := a.contents(t)
	for range 2 {
		a.Clock.Advance(1) // a repeated request comes later
		again := ask()
		if diff := cmp.Diff(comparable(t, operation, first.body), comparable(t, operation, again.body)); diff != "" {
			t.Errorf("another answer (-first +again):\n%s", diff)
		}
		if again.StatusCode != first.StatusCode && operation != "openBatch" {
			t.Errorf("first %d, then %d", first.StatusCode, again.StatusCode)
		}
	}
	left := a.contents(t)
	if operation == "issueCredential" { // the secret of the answer that was lost has ended
		if len(after["credential in force"]) != len(left["credential in force"]) {
			t.Errorf("%d secrets in force, then %d", len(after["credential in force"]), len(left["credential in force"]))
		}
		delete(after, "credential")
		delete(left, "credential")
		delete(after, "credential in force")
		delete(left, "credential in force")
	}
	if diff := cmp.Diff(after, left); diff != "" {
		t.Errorf("something else exists afterwards (-first +again):\n%s", diff)
	}
}

// comparable is a body without the members that differ on purpose.
func comparable(t *testing.T, operation string, body []byte) map[string]any {
	t.Helper()
	if len(body) == 0 {
		return nil
	}
	var v map[string]any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	for _, member := range answersDiffer[operation] {
		delete(v, member)
	}
	return v
}

// contents are all rows of the gateway's own tables, and the secrets that are in force.
func (a *asker) contents(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for table := range rowsOf(t, a.Database) {
		all[table] = a.rows(t, "SELECT * FROM "+table)
	}
	all["credential in force"] = a.rows(t, fmt.Sprintf("SELECT id FROM credential WHERE valid_until > %d", a.Clock.Now().UnixMicro()))
	return all
}

func (a *asker) rows(t *testing.T, query string) []string {
	t.Helper()
	rows, err := a.Database.Reader().QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for i, v := range values {
			fmt.Fprintf(&b, "%s=%v ", columns[i], *v.(*any))
		}
		list = append(list, b.String())
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

// The same name with other contents is another request, and a conflict.
func TestANameIsOneOrganisationAndOneMember(t *testing.T) {
	s := serve(t)
	post := func(path, body string) answer { return s.call(t, s.Operator, http.MethodPost, path, body, nil) }
	first := into[api.Organisation](t, post("/v1/organisations", `{"kind":"client","name":"Mutuelle Test","country":"FR"}`), http.StatusCreated)
	again := into[api.Organisation](t, post("/v1/organisations", `{"kind":"client","name":"Mutuelle Test","country":"FR"}`), http.StatusCreated)
	if first.ID != again.ID {
		t.Error("a repeated request made a second organisation")
	}
	for _, body := range []string{`{"kind":"provider","name":"Mutuelle Test","country":"FR"}`, `{"kind":"client","name":"Mutuelle Test","country":"BE"}`} {
		wantProblem(t, post("/v1/organisations", body), http.StatusConflict, "name-taken")
	}
	members := "/v1/organisations/" + first.ID + "/members"
	person := into[api.Member](t, post(members, `{"name":"Mona Test","duties":["contract-manager"]}`), http.StatusCreated)
	same := into[api.Member](t, post(members, `{"name":"Mona Test","duties":["contract-manager"]}`), http.StatusCreated)
	if person.ID != same.ID {
		t.Error("a repeated request made a second member")
	}
	for _, body := range []string{`{"name":"Mona Test"}`, `{"name":"Mona Test","duties":["contract-manager"],"until":"2099-01-01T00:00:00Z"}`} {
		wantProblem(t, post(members, body), http.StatusConflict, "name-taken")
	}
	if got := post("/v1/members/"+person.ID+"/departure", ""); got.StatusCode != http.StatusNoContent {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	s.Clock.Advance(1000)
	if back := into[api.Member](t, post(members, `{"name":"Mona Test","duties":["contract-manager"]}`), http.StatusCreated); back.ID == person.ID {
		t.Error("one who has left came back under the old identifier")
	}
}

// A batch is found again by its reference in any state, and a document's upload gives the
// same answer after the seal.
func TestALostAnswerIsFoundAgainAfterTheSeal(t *testing.T) {
	s := serve(t)
	open := func() answer {
		return s.call(t, s.System, http.MethodPost, "/v1/contracts/"+string(s.Contract)+"/batches", `{"reference":"lot-1"}`, nil)
	}
	batch := into[api.Batch](t, open(), http.StatusCreated)
	if again := into[api.Batch](t, open(), http.StatusOK); again.ID != batch.ID || again.State != api.BatchStateOpen {
		t.Errorf("while open: %+v", again)
	}
	sent := into[api.Upload](t, s.put(t, gateway.BatchID(batch.ID), "claim-1", "anything", "the content", nil), http.StatusCreated)
	into[api.Batch](t, s.call(t, s.System, http.MethodPost, "/v1/batches/"+batch.ID+"/seal", `{"documents":1,"bytes":11}`, nil), http.StatusOK)
	if again := into[api.Batch](t, open(), http.StatusOK); again.ID != batch.ID || again.State != api.BatchStateSealed {
		t.Errorf("after the seal: %+v", again)
	}
	if again := into[api.Upload](t, s.put(t, gateway.BatchID(batch.ID), "claim-1", "anything", "the content", nil), http.StatusCreated); !cmp.Equal(again, sent) {
		t.Errorf("the same bytes after the seal: %+v, want %+v", again, sent)
	}
	wantProblem(t, s.put(t, gateway.BatchID(batch.ID), "claim-1", "anything", "other content", nil), http.StatusConflict, "reference-taken")
	wantProblem(t, s.put(t, gateway.BatchID(batch.ID), "claim-2", "anything", "the content", nil), http.StatusConflict, "denied")
	find := func(reference string) []api.Batch {
		return into[api.BatchPage](t, s.call(t, s.System, http.MethodGet, "/v1/batches?reference="+reference, "", nil), http.StatusOK).Items
	}
	if found := find("lot-1"); len(found) != 1 || found[0].ID != batch.ID {
		t.Errorf("by its reference: %+v", found)
	}
	if found := find("lot"); len(found) != 0 {
		t.Errorf("by a part of its reference: %+v", found)
	}
	wantProblem(t, s.call(t, s.System, http.MethodGet, "/v1/batches?reference=%C3%A9", "", nil), http.StatusBadRequest, "reference")
}

// A client whose answers were lost finds every receipt again: by its document, and all of
// a batch. The provider's people do not learn which receipt a document has.
func TestReceiptsAreFoundAgain(t *testing.T) {
	s := serve(t)
	batch := s.Open(t, "lot-1")
	want := map[string]string{}
	for _, reference := range []string{"claim-1", "claim-2", "claim-3"} {
		sent := into[api.Upload](t, s.put(t, batch, reference, "anything", "the content of "+reference, nil), http.StatusCreated)
		want[sent.Receipt.ID] = sent.Receipt.JWS
		document := into[api.Document](t, s.call(t, s.System, http.MethodGet, "/v1/documents/"+sent.Document.ID, "", nil), http.StatusOK)
		if or(document.Receipt) != sent.Receipt.ID {
			t.Errorf("the document names the receipt %q, want %q", or(document.Receipt), sent.Receipt.ID)
		}
		again := into[api.Receipt](t, s.call(t, s.System, http.MethodGet, "/v1/documents/"+sent.Document.ID+"/receipt", "", nil), http.StatusOK)
		if again.JWS != sent.Receipt.JWS {
			t.Error("another receipt")
		}
	}
	into[api.Batch](t, s.call(t, s.System, http.MethodPost, "/v1/batches/"+string(batch)+"/seal", `{"documents":3,"bytes":66}`, nil), http.StatusOK)
	got, after := map[string]string{}, ""
	for range 2 {
		page := into[api.ReceiptPage](t, s.call(t, s.System, http.MethodGet, "/v1/batches/"+string(batch)+"/receipts?limit=2"+after, "", nil), http.StatusOK)
		for _, r := range page.Items {
			got[r.ID] = r.JWS
		}
		after = "&after=" + or(page.Next)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("receipts of the batch (-want +got):\n%s", diff)
	}
	listed := into[api.DocumentPage](t, s.call(t, s.ProviderManager, http.MethodGet, "/v1/batches/"+string(batch)+"/documents", "", nil), http.StatusOK)
	for _, d := range listed.Items {
		if d.Receipt != nil {
			t.Error("the provider's manager sees a receipt's identifier")
		}
	}
}
