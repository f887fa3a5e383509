package httpapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

// ofTypes opens a batch under a contract whose class takes the media types and families.
func ofTypes(t *testing.T, s *service, listed string) gateway.BatchID {
	t.Helper()
	text := strings.Replace(string(gatewaytest.Terms("TYPES-1", s.Client, s.Provider)), "[application/pdf]", "["+listed+"]", 1)
	contract := s.NewContract(t, []byte(text))
	s.Join(t, contract)
	b, _, err := s.Gateway.OpenBatch(t.Context(), s.System, contract, "lot-1")
	if err != nil {
		t.Fatal(err)
	}
	return b.ID
}

// What people really send comes in as what they call it.
func TestRealDocumentsAreTaken(t *testing.T) {
	s := serve(t)
	batch := ofTypes(t, s, "office, email, image, exchange, audio/mp4, application/pgp-encrypted, application/sql")
	ole := "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 504) + strings.Repeat("Bonjour ", 4000) // its directory is at the end
	mail := "From: a@example.com\r\nTo: b@example.com\r\nSubject: Sinistre\r\n\r\nBonjour\r\n"
	for i, c := range []struct{ mediaType, body string }{
		{"application/msword", ole},
		{"application/vnd.ms-excel", ole},
		{"application/vnd.ms-powerpoint", ole},
		{"application/vnd.ms-outlook", ole},
		{"message/rfc822", "MIME-Version: 1.0\r\n" + mail},
		{"message/rfc822", "DKIM-Signature: v=1\r\n" + mail},
		{"message/rfc822", "x-sender: a@example.com\r\n" + mail},
		{"message/rfc822", "\ufeff" + mail},
		{"image/tiff", "II+\x00\x08\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00"},
		{"image/tif", "II*\x00\x08\x00\x00\x00"},
		{"image/jpg", "\xff\xd8\xff\xe0\x00\x10JFIF\x00"},
		{"text/csv", strings.Repeat("MZ;Maputo;2026-03-01;12.50\n", 50)},
		{"text/csv", strings.Repeat("PAR1;Paris;12.50\n", 50)},
		{"application/csv", "GIF89a;1\n"},
		{"application/edifact", "UNB+UNOA:1+A+B+260301:1200+1'"},
		{"application/edi-x12", "ISA*00*          *00*~"},
		{"application/hl7-v2", "MSH|^~\\&|A|B\r"},
		{"application/yaml", "a: 1\n"},
		{"application/sql", "SELECT 1;\n"},
		{"application/pgp-encrypted", "-----BEGIN PGP MESSAGE-----\n\nwcBM\n"},
		{"audio/mp4", "\x00\x00\x00\x20ftypM4A \x00\x00\x02\x00isomiso2"},
	} {
		a := s.put(t, batch, fmt.Sprintf("claim-%d", i), "form", c.body, header{"Content-Type": c.mediaType})
		if a.StatusCode != http.StatusCreated {
			t.Errorf("%s, %.20q: %d %s", c.mediaType, c.body, a.StatusCode, a.body)
		}
	}
}

// A refusal says whether the declaration or the bytes are wrong, and what the class
// allows. Only the contract's own people see it.
func TestARefusalOfATypeSaysWhatIsWrong(t *testing.T) {
	s := serve(t)
	batch := ofTypes(t, s, "office, text/csv")
	zip, ole := "PK\x03\x04\x14\x00\x06\x00", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00"
	docx := "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	for name, c := range map[string]struct{ mediaType, body, reason, field, detail string }{
		"a type that is not allowed":  {"image/png", "\x89PNG\r\n\x1a\n", "media-type", "Content-Type", "does not allow the declared media type"},
		"a document as a table":       {"text/csv", zip, "content-mismatch", "body", "ZIP container: an Office or OpenDocument file"},
		"a table as a document":       {docx, "a;b\n", "content-mismatch", "body", "The bytes are text. The declared type " + docx + " is checked by its container: ZIP."},
		"a document under a password": {docx, ole, "content-mismatch", "body", "an Office document under a password"},
		"a program":                   {"text/csv", "MZ\x90\x00\x03\x00", "executable", "body", "a DOS or Windows program"},
		"a script":                    {"text/csv", "#!/bin/sh\n", "executable", "body", "a script that names its interpreter"},
	} {
		t.Run(name, func(t *testing.T) {
			p := wantProblem(t, s.put(t, batch, "claim-1", "form", c.body, header{"Content-Type": c.mediaType}), http.StatusUnsupportedMediaType, "denied")
			if value(p.Reason) != c.reason || value(p.Field) != c.field || !strings.Contains(value(p.Detail), c.detail) ||
				!slices.Equal(p.Allowed, []string{"office", "text/csv"}) || p.Clause == nil {
				t.Errorf("got %v, allowed %v", p.Error(), p.Allowed)
			}
			list, _, err := s.Gateway.AuditEvents(t.Context(), s.Officer, string(s.Client), gateway.EventQuery{Action: "document.receive", Limit: 1})
			if err != nil || len(list) != 1 || list[0].Reason != c.reason {
				t.Errorf("the ledger says %+v, %v", list, err)
			}
		})
	}
	wantEmpty(t, s, batch)
	r := s.request(t, s.Stranger, http.MethodPut, "/v1/batches/"+string(batch)+"/documents/claim-1?class=form", zip,
		header{"Content-Type": "text/csv", "Content-Disposition": `attachment; filename="a"`})
	if p := wantProblem(t, s.do(t, r), http.StatusNotFound, "not-found"); p.Allowed != nil || p.Detail != nil {
		t.Errorf("a stranger learns %+v", p)
	}
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
