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
	mediaType, charset, err := documentType(c.Request)
	if err != nil {
		return gateway.NewDocument{}, err
	}
	fileName, err := fileName(c.Request.Header)
	if err != nil {
		return gateway.NewDocument{}, err
	}
	document := gateway.NewDocument{
		Batch: policy.BatchID(c.Param("batch")), Reference: c.Param("reference"), Class: class,
		MediaType: mediaType, Charset: charset, FileName: fileName, Length: c.Request.ContentLength, Refusal: notWhole(c.Request.Header, mediaType),
		Trailer: func() ([]gateway.Digest, error) { return trailingDigests(c.Request) }, Trailing: trailsDigest(c.Request),
	}
	digests, refused := announced(c.Request.Header)
	if document.Refusal == nil {
		document.Refusal = refused
	}
	document.Digests = digests
	return document, nil
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

// documentType is the document's media type, without parameters, and the charset that it
// declares. It must be one type, not a pattern.
func documentType(r *http.Request) (mediaType, charset string, err error) {
	mediaType, parameters, err := describedType(r)
	if err != nil {
		return "", "", err
	}
	if !strings.Contains(mediaType, "/") || strings.Contains(mediaType, "*") {
		return "", "", &refusal{kind: kindContentType, field: "Content-Type", detail: "The value must be the document's media type."}
	}
	return mediaType, parameters["charset"], nil
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
