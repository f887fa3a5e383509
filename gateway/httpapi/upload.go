package httpapi

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/policy"
)

// upload takes one document. Its body goes to the gateway as it arrives; this package
// never holds it.
func (s *server) upload(c *gin.Context) {
	document, err := newDocument(c)
	if err != nil {
		s.problem(c, err)
		return
	}
	received, receipt, err := s.gateway.Upload(c.Request.Context(), callerOf(c), document, s.movingBody(c))
	if err != nil {
		s.problem(c, err)
		return
	}
	s.json(c, http.StatusCreated, api.Upload{Document: toDocument(received), Receipt: toReceipt(receipt)})
}

// newDocument reads the request's description of its document.
func newDocument(c *gin.Context) (gateway.NewDocument, error) {
	class, err := uploadClass(c.Request.URL.RawQuery)
	if err != nil {
		return gateway.NewDocument{}, err
	}
	mediaType, err := documentType(c.Request)
	if err != nil {
		return gateway.NewDocument{}, err
	}
	fileName, err := fileName(c.Request.Header)
	if err != nil {
		return gateway.NewDocument{}, err
	}
	digest, err := api.ParseDigest(strings.Join(c.Request.Header.Values("Content-Digest"), ", "))
	if err != nil && c.Request.Header.Get("Content-Digest") != "" {
		return gateway.NewDocument{}, badHeader("Content-Digest", err)
	}
	return gateway.NewDocument{
		Batch: policy.BatchID(c.Param("batch")), Reference: c.Param("reference"), Class: class,
		MediaType: mediaType, FileName: fileName, Length: c.Request.ContentLength, Digest: digest,
	}, nil
}

// uploadClass reads the one query parameter. The contract decides whether it has such a
// class.
func uploadClass(query string) (policy.Class, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return "", &refusal{kind: kindParameter, detail: "The query cannot be read."}
	}
	if err := onlyKnown(values, map[string]bool{"class": true}); err != nil {
		return "", err
	}
	if !values.Has("class") {
		return "", &refusal{kind: kindParameter, field: "class", detail: "The value is required."}
	}
	return policy.Class(values.Get("class")), nil
}

// documentType is the document's media type, without parameters. It must be one type, not
// a pattern.
func documentType(r *http.Request) (string, error) {
	mediaType, _, err := contentType(r)
	if err != nil {
		return "", err
	}
	if !strings.Contains(mediaType, "/") || strings.Contains(mediaType, "*") {
		return "", &refusal{kind: kindContentType, field: "Content-Type", detail: "The value must be the document's media type."}
	}
	return mediaType, nil
}

// fileName is the name in Content-Disposition, empty for none.
func fileName(h http.Header) (string, error) {
	values := h.Values("Content-Disposition")
	switch len(values) {
	case 0:
		return "", nil
	case 1:
		name, err := api.ParseDisposition(values[0])
		if err != nil {
			return "", badHeader("Content-Disposition", err)
		}
		return name, nil
	default:
		return "", &refusal{kind: kindParameter, field: "Content-Disposition", detail: "There must be at most one such header."}
	}
}

// badHeader is the refusal of a header that cannot be read. The parsers' errors give the
// reason without repeating the header.
func badHeader(name string, err error) error {
	return &refusal{kind: kindParameter, field: name, detail: "The header cannot be read: " + err.Error() + "."}
}
