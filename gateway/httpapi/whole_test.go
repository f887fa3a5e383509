package httpapi_test

import (
	"crypto/md5"
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
)

// lastUpload is what the client's ledger says of the last upload.
func lastUpload(t *testing.T, s *service) string {
	t.Helper()
	list, _, err := s.Gateway.AuditEvents(t.Context(), s.Officer, string(s.Client), gateway.EventQuery{Action: "document.receive", Limit: 1})
	if err != nil || len(list) != 1 {
		t.Fatalf("the ledger says %+v, %v", list, err)
	}
	return string(list[0].Outcome) + " " + list[0].Reason
}

// What a sender calls a part, a patch, a form or an encoding is never kept as a document.
func TestAPartIsNoDocument(t *testing.T) {
	s := serve(t)
	batch := s.Open(t, "lot-1")
	for name, h := range map[string]header{
		"resumed by curl":          {"Content-Range": "bytes 6000-14015/14016"},
		"all of it, as a range":    {"Content-Range": "bytes 0-8/9"},
		"a range of no known unit": {"Content-Range": "lines 1-2/3"},
		"a range that is asked":    {"Range": "bytes=6000-"},
		"if it is the same":        {"If-Range": `"x"`},
		"compressed":               {"Content-Encoding": "gzip"},
		"compressed by aws":        {"Content-Encoding": "identity, aws-chunked"},
		"in base64":                {"Content-Transfer-Encoding": "base64"},
		"a difference":             {"Delta-Base": `"x"`},
		"by tus":                   {"Tus-Resumable": "1.0.0"},
		"by the draft":             {"Upload-Complete": "?0"},
		"at an offset":             {"Upload-Offset": "6000"},
		"a patch":                  {"X-HTTP-Method-Override": "PATCH"},
		"parts":                    {"Content-Type": "multipart/byteranges; boundary=x"},
		"a form":                   {"Content-Type": "multipart/form-data; boundary=x"},
		"a part of a message":      {"Content-Type": "message/partial; id=x"},
		"an address":               {"Content-Type": "message/external-body"},
	} {
		t.Run(name, func(t *testing.T) {
			p := wantProblem(t, s.put(t, batch, "claim-1", "anything", "synthetic", h), http.StatusBadRequest, "not-whole")
			for field := range h {
				if !strings.EqualFold(value(p.Field), field) || value(p.Detail) == "" {
					t.Errorf("got %v", p.Error())
				}
			}
			if got := lastUpload(t, s); got != "deny invalid-not-whole" {
				t.Errorf("the ledger says %s", got)
			}
			wantNothingKept(t, s)
		})
	}
	// To the people of another provider there is no such batch, whatever the headers say.
	r := s.request(t, s.Stranger, http.MethodPut, "/v1/batches/"+string(batch)+"/documents/claim-1?class=anything", "synthetic",
		header{"Content-Type": "text/plain", "Content-Disposition": "attachment; filename=a", "Content-Range": "bytes 1-2/3"})
	wantProblem(t, s.do(t, r), http.StatusNotFound, "not-found")
	for name, h := range map[string]header{"none": nil, "identity": {"Content-Encoding": "identity"}, "binary": {"Content-Transfer-Encoding": "binary"},
		"a PUT": {"X-HTTP-Method-Override": "put"}} {
		if a := s.put(t, batch, "claim-1", "anything", "synthetic", h); a.StatusCode != http.StatusCreated {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.body)
		}
	}
}

// digests are the fields that announce the digests of a content.
func digests(content string) map[string]string {
	sum512, sumMD5 := sha512.Sum512([]byte(content)), md5.Sum([]byte(content))
	b512, bMD5 := base64.StdEncoding.EncodeToString(sum512[:]), base64.StdEncoding.EncodeToString(sumMD5[:])
	b256 := strings.Trim(strings.TrimPrefix(digestOf(content), "sha-256="), ":")
	return map[string]string{
		"Content-Digest: sha-256": digestOf(content), "Content-Digest: sha-512": "sha-512=:" + b512 + ":", "Content-Digest: md5": "md5=:" + bMD5 + ":",
		"Repr-Digest: sha-256": digestOf(content), "Repr-Digest: sha-512": "sha-512=:" + b512 + ":",
		"Digest: sha-256": "SHA-256=" + b256, "Digest: sha-512": "sha-512=" + b512, "Digest: md5": "MD5=" + bMD5 + ",unixsum=1",
		"Content-MD5: md5": bMD5,
	}
}

// An announced digest is checked or refused, in whichever field it stands, before the
// body or behind it.
func TestAnAnnouncedDigestIsChecked(t *testing.T) {
	s := serve(t)
	batch := s.Open(t, "lot-1")
	right, wrong := digests("synthetic"), digests("another")
	for name := range right {
		field, _, _ := strings.Cut(name, ":")
		p := wantProblem(t, s.put(t, batch, "claim-1", "anything", "synthetic", header{field: wrong[name]}), http.StatusBadRequest, "digest-mismatch")
		if !strings.EqualFold(value(p.Field), field) {
			t.Errorf("%s: the problem is with %s", name, value(p.Field))
		}
		for behind, digest := range map[string]string{"wrong": wrong[name], "right": right[name]} {
			chunked := "9\r\nsynthetic\r\n0\r\n" + field + ": " + digest + "\r\n\r\n"
			got := s.raw(t, s.rawPut(t, batch, "Connection: close\r\nTransfer-Encoding: chunked\r\nTrailer: "+field+"\r\n")+chunked, false)
			if behind == "wrong" && !strings.Contains(got, "digest-mismatch") || behind == "right" && !strings.Contains(got, " 201 ") {
				t.Errorf("%s, %s behind the body: %s", name, behind, got)
			}
			if behind == "wrong" {
				continue
			}
			if a := s.put(t, batch, "claim-1", "anything", "synthetic", header{field: digest, "Content-Disposition": "attachment; filename=a"}); a.StatusCode != http.StatusCreated {
				t.Errorf("%s: %d %s", name, a.StatusCode, a.body)
			}
		}
		batch = s.Open(t, "lot-"+strings.ToLower(strings.NewReplacer(": ", "-", "Content-", "c").Replace(name)))
	}
}

// Each of several digests counts.
func TestEachDigestIsChecked(t *testing.T) {
	s := serve(t)
	batch := s.Open(t, "lot-1")
	right, wrong := digests("synthetic"), digests("another")
	for name, h := range map[string]header{
		"the second of a field": {"Content-Digest": right["Content-Digest: sha-256"] + ", " + wrong["Content-Digest: sha-512"]},
		"another field":         {"Content-Digest": right["Content-Digest: sha-256"], "Content-MD5": wrong["Content-MD5: md5"]},
		"the old beside a new":  {"Digest": wrong["Digest: sha-256"], "Repr-Digest": right["Repr-Digest: sha-512"]},
	} {
		if a := s.put(t, batch, "claim-1", "anything", "synthetic", h); a.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.body)
		}
	}
	for name, c := range map[string]struct{ field, value, kind, reason string }{
		"no algorithm that is checked": {"Content-Digest", "unixsum=:AAAA:", "digest-unsupported", "deny invalid-digest-unsupported"},
		"in the old form":              {"Digest", "SHA=AAAA", "digest-unsupported", "deny invalid-digest-unsupported"},
		"malformed":                    {"Repr-Digest", "sha-512=x", "parameter", "deny invalid-parameter"},
		"MD5 in hexadecimal":           {"Content-MD5", strings.Repeat("a", 32), "parameter", "deny invalid-parameter"},
	} {
		p := wantProblem(t, s.put(t, batch, "claim-1", "anything", "synthetic", header{c.field: c.value}), http.StatusBadRequest, c.kind)
		if got := lastUpload(t, s); !strings.EqualFold(value(p.Field), c.field) || got != c.reason {
			t.Errorf("%s: %v, the ledger says %s", name, p.Error(), got)
		}
	}
	for name, c := range map[string]struct{ announced, trailer, kind string }{
		"a digest that cannot be checked":      {"Trailer: Content-Digest\r\n", "Content-Digest: unixsum=:AAAA:", "digest-unsupported"},
		"an unannounced sha-256":               {"", "Content-Digest: " + wrong["Content-Digest: sha-256"], "digest-mismatch"},
		"an unannounced sha-512, though right": {"", "Content-Digest: " + right["Content-Digest: sha-512"], "digest-unsupported"},
		"a range":                              {"Trailer: Content-Range\r\n", "Content-Range: bytes 0-8/20", "not-whole"},
	} {
		got := s.raw(t, s.rawPut(t, batch, "Connection: close\r\nTransfer-Encoding: chunked\r\n"+c.announced)+"9\r\nsynthetic\r\n0\r\n"+c.trailer+"\r\n\r\n", false)
		if !strings.Contains(got, "HTTP/1.1 400 ") || !strings.Contains(got, api.ProblemPrefix+c.kind) {
			t.Errorf("%s: %s", name, got)
		}
	}
	wantNothingKept(t, s)
}

// The digest of any other body is checked too.
func TestTheDigestOfJSONIsChecked(t *testing.T) {
	s := serve(t)
	body := `{"reference":"lot-1"}`
	open := func(h header) answer {
		return s.do(t, s.request(t, s.System, http.MethodPost, "/v1/contracts/"+string(s.Contract)+"/batches", body, h))
	}
	for name, value := range digests("another") {
		field, _, _ := strings.Cut(name, ":")
		wantProblem(t, open(header{field: value}), http.StatusBadRequest, "digest-mismatch")
	}
	wantProblem(t, open(header{"Repr-Digest": "unixsum=:AAAA:"}), http.StatusBadRequest, "digest-unsupported")
	for name, value := range digests(body) {
		field, _, _ := strings.Cut(name, ":")
		if a := open(header{field: value}); a.StatusCode != http.StatusCreated && a.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.body)
		}
	}
}
