package httpapi_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	"github.com/pb33f/libopenapi-validator/errors"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"

	"github.com/bordereau/bordereau/gateway/api"
)

// specification is the OpenAPI document, parsed.
func specification(t testing.TB) *libopenapi.DocumentModel[v3.Document] {
	t.Helper()
	document, err := libopenapi.NewDocument([]byte(api.Specification()))
	if err != nil {
		t.Fatal(err)
	}
	model, err := document.BuildV3Model()
	if err != nil {
		t.Fatal(err)
	}
	return model
}

// checked is a transport that checks every request and every answer against the OpenAPI
// document.
type checked struct {
	t         *testing.T
	validator validator.Validator
}

func newChecked(t *testing.T) *checked {
	t.Helper()
	v := validator.NewValidatorFromV3Model(&specification(t).Model, config.WithFormatAssertions(), config.WithoutSecurityValidation())
	return &checked{t: t, validator: v}
}

// RoundTrip implements http.RoundTripper.
func (c *checked) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent []byte
	if r.Body != nil {
		sent, _ = io.ReadAll(r.Body)
		r.Body.Close()
	}
	r.Body = io.NopCloser(bytes.NewReader(sent))
	if ok, problems := c.validator.ValidateHttpRequestSync(r); !ok {
		c.report("request", r, sent, problems)
	}
	r.Body = io.NopCloser(bytes.NewReader(sent))
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	got, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(got))
	if ok, problems := c.validator.ValidateHttpResponse(r, response); !ok {
		c.report("answer", r, got, problems)
	}
	response.Body = io.NopCloser(bytes.NewReader(got))
	return response, nil
}

func (c *checked) report(what string, r *http.Request, body []byte, problems []*errors.ValidationError) {
	for _, p := range problems {
		c.t.Errorf("%s %s: the %s is not as documented: %s: %s\n%s", r.Method, r.URL.Path, what, p.Message, p.Reason, body)
		for _, s := range p.SchemaValidationErrors {
			c.t.Errorf("    %s: %s", s.FieldPath, s.Reason)
		}
	}
}

func TestTheDocumentIsValid(t *testing.T) {
	document, err := libopenapi.NewDocument([]byte(api.Specification()))
	if err != nil {
		t.Fatal(err)
	}
	v, errs := validator.NewValidator(document)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if ok, problems := v.ValidateDocument(); !ok {
		for _, p := range problems {
			t.Errorf("%s: %s", p.Message, p.Reason)
		}
	}
}

// BenchmarkValidateRequest measures the validator as if it were in the serving path.
func BenchmarkValidateRequest(b *testing.B) {
	v := validator.NewValidatorFromV3Model(&specification(b).Model, config.WithFormatAssertions(), config.WithoutSecurityValidation())
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/v1/contracts/c_aaaaaaaaaaaaaaaaaaaaaaaaaa/batches", strings.NewReader(`{"reference":"2026-03-01"}`))
		r.Header.Set("Content-Type", "application/json")
		if ok, problems := v.ValidateHttpRequestSync(r); !ok {
			b.Fatal(problems[0])
		}
	}
}
