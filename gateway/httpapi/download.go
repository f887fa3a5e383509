package httpapi

import (
	"encoding/hex"
	"fmt"
	"mime"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/policy"
)

// download gives a document's content. Until the first byte a failure is a problem. After
// it the connection is broken: a client must not take a part for the whole, or bytes that
// failed their check for good ones.
func (s *server) download(c *gin.Context) {
	if err := exactQuery(c.Request.URL.RawQuery, noParams()); err != nil {
		s.problem(c, err)
		return
	}
	wanted, err := parseRange(c.Request.Header)
	if err != nil {
		s.problem(c, err)
		return
	}
	ctx := c.Request.Context()
	content, err := s.gateway.OpenPart(ctx, callerOf(c), policy.DocumentID(c.Param("document")), wanted.choose)
	if err != nil {
		if wanted.unsatisfiable {
			c.Header("Content-Range", "bytes */"+strconv.FormatInt(wanted.size, 10))
		}
		s.problem(c, err)
		return
	}
	w := &contentWriter{answer: c.Writer, document: content.Document, part: content.Part, partial: wanted.partial}
	if err := content.Send(ctx, w); err != nil {
		if !w.begun {
			s.problem(c, err)
			return
		}
		s.log.Warn("download broken off", "request", requestID(c), "error", err)
		panic(http.ErrAbortHandler)
	}
	w.begin() // nothing was written of an empty document
}

// head gives the headers of a download, without the content. A Range has no meaning here
// (RFC 9110, 14.2).
func (s *server) head(c *gin.Context) {
	if err := exactQuery(c.Request.URL.RawQuery, noParams()); err != nil {
		s.problem(c, err)
		return
	}
	d, err := s.gateway.Head(c.Request.Context(), callerOf(c), policy.DocumentID(c.Param("document")))
	if err != nil {
		s.problem(c, err)
		return
	}
	describeContent(c.Writer.Header(), d, d.Size)
	c.Status(http.StatusOK)
	c.Writer.WriteHeaderNow()
}

// contentWriter writes the answer's headers with the first byte of the document, and not
// before.
type contentWriter struct {
	answer   http.ResponseWriter
	document gateway.Document
	part     gateway.Part
	partial  bool // the answer is the one range of a request
	begun    bool
}

// Write implements io.Writer.
func (w *contentWriter) Write(p []byte) (int, error) {
	w.begin()
	return w.answer.Write(p)
}

func (w *contentWriter) begin() {
	if w.begun {
		return
	}
	w.begun = true
	h := w.answer.Header()
	describeContent(h, w.document, w.part.Length)
	if w.partial {
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", w.part.Offset, w.part.Offset+w.part.Length-1, w.document.Size))
		w.answer.WriteHeader(http.StatusPartialContent)
		return
	}
	h.Set("Content-Digest", api.FormatDigest(w.document.Digest)) // the content is the whole representation
	w.answer.WriteHeader(http.StatusOK)
}

// describeContent sets the headers of an answer with length bytes of a document, or of a
// HEAD.
func describeContent(h http.Header, d gateway.Document, length int64) {
	h.Set("Accept-Ranges", "bytes")
	h.Set("Content-Type", typeOf(d))
	h.Set("Content-Length", strconv.FormatInt(length, 10))
	h.Set("Content-Disposition", api.FormatAttachment(d.FileName))
	h.Set("ETag", etag(d))
	h.Set("Repr-Digest", api.FormatDigest(d.Digest))
}

// typeOf is the media type with its charset, as they were declared. A charset has only
// characters of a token, or is quoted.
func typeOf(d gateway.Document) string {
	if d.Charset == "" {
		return d.MediaType
	}
	return mime.FormatMediaType(d.MediaType, map[string]string{"charset": d.Charset})
}

// etag is a strong validator: a document's bytes never change, and other documents have
// other digests.
func etag(d gateway.Document) string { return `"` + hex.EncodeToString(d.Digest) + `"` }
