package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

// route is an operation of the OpenAPI document.
type route struct{ method, path string }

// routes are all operations of the document, by their names.
func routes(t *testing.T) map[string]route {
	t.Helper()
	all := map[string]route{}
	for path, item := range specification(t).Model.Paths.PathItems.FromOldest() {
		for method, operation := range item.GetOperations().FromOldest() {
			all[operation.OperationId] = route{strings.ToUpper(method), path}
		}
	}
	return all
}

// message is what a request holds beside its path.
type message struct {
	query, body string
	header      header
}

func jsonBody(v any) message {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return message{body: string(text)}
}

// messages make good requests: a refusal is then due to the role and the state alone. An
// operation that is not here needs only its path.
var messages = map[string]func(c *fixture) message{
	"createOrganisation": func(*fixture) message {
		return jsonBody(map[string]string{"kind": "client", "name": "Another", "country": "FR"})
	},
	"addMember": func(*fixture) message { return jsonBody(map[string]any{"name": "Sam Person", "duties": []string{}}) },
	"proposeContract": func(c *fixture) message {
		return message{body: string(gatewaytest.Terms(c.fresh(), c.client, c.side.provider)), header: header{"Content-Type": "application/yaml"}}
	},
	"listContracts":     func(*fixture) message { return message{query: "?limit=500"} },
	"listBatches":       func(*fixture) message { return message{query: "?limit=500"} },
	"listAssignments":   func(*fixture) message { return message{query: "?limit=500"} },
	"listChanges":       func(*fixture) message { return message{query: "?base=1"} },
	"approveContract":   func(*fixture) message { return jsonBody(map[string]int{"version": 1}) },
	"suspendContract":   because,
	"resumeContract":    because,
	"terminateContract": because,
	"grantRole": func(c *fixture) message {
		return jsonBody(map[string]any{"person": c.newcomer.Person, "role": "handler"})
	},
	"openBatch": func(c *fixture) message { return jsonBody(map[string]string{"reference": c.fresh()}) },
	"sealBatch": func(c *fixture) message {
		return jsonBody(map[string]int64{"documents": c.manifest.Documents, "bytes": c.manifest.Bytes})
	},
	"uploadDocument": func(*fixture) message {
		return message{"?class=anything", "synthetic", header{"Content-Type": "text/plain", "Content-Disposition": "attachment; filename=a.txt"}}
	},
	"assignDocuments": func(c *fixture) message {
		return jsonBody(map[string]any{"person": c.another.Person, "documents": []gateway.DocumentID{c.documents[""].ID}})
	},
	"revokeAssignment": func(*fixture) message { return jsonBody(map[string]any{"all": true}) },
	"listEvents":       func(c *fixture) message { return message{query: "?limit=1&ledger=" + c.ledger} },
	"amendContract": func(c *fixture) message {
		return message{body: c.terms, header: header{"Content-Type": "application/yaml"}}
	},
	"exitContract":   because,
	"eraseDocument":  because,
	"proposeErasure": because,
	"holdDocument":   because,
	"holdContract":   because,
	"simulate": func(*fixture) message {
		return jsonBody(map[string]any{"action": "document.read", "roles": []string{"handler"}})
	},
	"listReaders": func(c *fixture) message { return message{query: "?document=" + string(c.documents[""].ID)} },
	"getPast": func(c *fixture) message {
		return message{query: "?on=2026-11-25&person=" + string(c.another.Person)}
	},
	"countEvents":      inLedger,
	"exportEvents":     inLedger,
	"askQuestion":      inLedger,
	"proveConsistency": func(*fixture) message { return message{query: "?from=0"} },

	"proposePersonErasure": aboutLeaver,
	"holdPerson":           aboutLeaver,
	"listPersonHolds":      func(*fixture) message { return message{query: "?limit=500"} },
}

func inLedger(c *fixture) message { return message{query: "?ledger=" + c.ledger} }

func aboutLeaver(c *fixture) message {
	return jsonBody(map[string]any{"person": c.leaver.Person, "reason": "a reason"})
}

func because(*fixture) message { return jsonBody(map[string]string{"reason": "a reason"}) }

// ask makes the request of the cell.
func (s *service) ask(t *testing.T, r route, at cell, who gateway.Caller, c *fixture) *http.Request {
	t.Helper()
	path := r.path
	for name, value := range c.asked(at) {
		path = strings.ReplaceAll(path, "{"+name+"}", value)
	}
	var m message
	if make := messages[at.operation]; make != nil {
		m = make(c)
	}
	if m.header == nil {
		m.header = header{}
	}
	if at.role == "anonymous" {
		m.header["Authorization"] = ""
	}
	if at.operation == "issueToken" {
		m = s.credentials(t, at.role, who, c)
	}
	return s.request(t, who, r.method, path+m.query, m.body, m.header)
}

// credentials are those of the role. A leaver's were issued before the end; the role
// anonymous has none.
func (s *service) credentials(t *testing.T, role string, who gateway.Caller, c *fixture) message {
	t.Helper()
	form := message{body: "grant_type=client_credentials", header: header{"Content-Type": "application/x-www-form-urlencoded", "Authorization": ""}}
	secret := s.OperatorCredential.Secret
	switch role {
	case "anonymous":
		return form
	case "leaver":
		who = s.Person(t, c.side.provider, "leaver")
		secret = must(t)(s.Gateway.IssueCredential(t.Context(), s.Operator, who.Person)).Secret
		if err := s.Gateway.EndMember(t.Context(), s.Operator, who.Person); err != nil {
			t.Fatal(err)
		}
	case "operator":
	default:
		secret = must(t)(s.Gateway.IssueCredential(t.Context(), s.Operator, who.Person)).Secret
	}
	form.body += fmt.Sprintf("&client_id=%s&client_secret=%s", who.Person, secret)
	return form
}
