package httpapi

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/policy"
)

// download gives a document's content. Until the first byte a failure is a problem; after it the connection is broken, so
// that nobody takes a part for the whole, nor bytes that failed their check for good ones.
func (s *server) download(c *gin.Context) {
	if err := exactQuery(c.Request.URL.RawQuery, noParams()); err != nil {
		s.problem(c, err)
		return
	}
	ctx := c.Request.Context()
	content, err := s.gateway.Open(ctx, callerOf(c), policy.DocumentID(c.Param("document")))
	if err != nil {
		s.problem(c, err)
		return
	}
	w := &contentWriter{answer: c.Writer, document: content.Document}
	if err := content.Send(ctx, w); err != nil {
		if !w.begun {
			s.problem(c, err)
			return
		}
		s.log.Warn("download broken off", "request", requestID(c), "error", err)
		panic(http.ErrAbortHandler)
	}
	w.begin() // of an empty document nothing was written
}

// contentWriter writes the answer's headers when the first byte of the document is there, and not before.
type contentWriter struct {
	answer   http.ResponseWriter
	document gateway.Document
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
	h.Set("Content-Type", w.document.MediaType)
	h.Set("Content-Length", strconv.FormatInt(w.document.Size, 10))
	h.Set("Content-Disposition", api.FormatDisposition(w.document.FileName))
	h.Set("Repr-Digest", api.FormatDigest(w.document.Digest))
	w.answer.WriteHeader(http.StatusOK)
}
