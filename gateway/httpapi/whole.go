package httpapi

import (
	"net/http"
	"strings"

	"github.com/bordereau/bordereau/gateway"
)

// partial are headers by which a sender says that a body is not the whole document, or
// not the document itself. A gateway that did not look at them would sign a receipt for a
// fragment (RFC 9110, 14.5). Each has the advice to its sender.
var partial = map[string]string{
	"Content-Range": "an upload is not resumed; send the whole document",
	"Range":         "a range is asked for on download only; send the whole document",
	"If-Range":      "a range is asked for on download only; send the whole document",
	"Delta-Base":    "a difference is not applied; send the whole document", // RFC 3229
	"Im":            "a difference is not applied; send the whole document",

	// The protocols of resumable uploads, in their published and draft forms.
	"Tus-Resumable":                "this is no address for resumable uploads; send the whole document",
	"Upload-Offset":                "this is no address for resumable uploads; send the whole document",
	"Upload-Length":                "this is no address for resumable uploads; send the whole document",
	"Upload-Defer-Length":          "this is no address for resumable uploads; send the whole document",
	"Upload-Concat":                "this is no address for resumable uploads; send the whole document",
	"Upload-Complete":              "this is no address for resumable uploads; send the whole document",
	"Upload-Incomplete":            "this is no address for resumable uploads; send the whole document",
	"Upload-Draft-Interop-Version": "this is no address for resumable uploads; send the whole document",
	"X-Content-Range":              "an upload is not resumed; send the whole document",
	"X-Goog-Upload-Offset":         "this is no address for resumable uploads; send the whole document",
	"X-Goog-Upload-Command":        "this is no address for resumable uploads; send the whole document",
}

// notItself are media types of bodies that are not the document itself.
var notItself = map[string]string{
	"multipart/byteranges":  "the body must be the document, not parts of it",
	"multipart/form-data":   "the body must be the document, not a form that holds it",
	"message/partial":       "the body must be the document, not a part of it",
	"message/external-body": "the body must be the document, not its address",
}

// notWhole is the refusal of an upload whose headers, or trailers, say that the body is
// not the whole document as it is. It is nil for any other upload. The media type is
// empty for trailers.
func notWhole(h http.Header, mediaType string) *gateway.Invalid {
	refuse := func(field, detail string) *gateway.Invalid {
		return &gateway.Invalid{Kind: gateway.InvalidNotWhole, Field: field, Detail: detail}
	}
	for field, advice := range partial {
		if len(h.Values(field)) > 0 {
			return refuse(field, advice)
		}
	}
	for _, field := range []string{"X-Http-Method-Override", "X-Method-Override", "X-Http-Method"} {
		if method := h.Get(field); method != "" && !strings.EqualFold(method, http.MethodPut) {
			return refuse(field, "another method is not applied; send the whole document")
		}
	}
	switch transfer := strings.ToLower(h.Get("Content-Transfer-Encoding")); transfer {
	case "", "binary", "8bit", "7bit", "identity":
	default:
		return refuse("Content-Transfer-Encoding", "the body must be the document's bytes, not encoded")
	}
	if isEncoded(h) {
		return refuse("Content-Encoding", "the body must be the document's bytes, not compressed")
	}
	if advice := notItself[mediaType]; advice != "" {
		return refuse("Content-Type", advice)
	}
	return nil
}

// isEncoded says whether the bytes of a body are not those of its representation. The
// gateway would take the compressed bytes for the document.
func isEncoded(h http.Header) bool {
	for _, line := range h.Values("Content-Encoding") {
		for coding := range strings.SplitSeq(line, ",") {
			if coding = strings.TrimSpace(coding); coding != "" && !strings.EqualFold(coding, "identity") {
				return true
			}
		}
	}
	return false
}
