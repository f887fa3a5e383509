package httpapi

import (
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// chunk is how many bytes of an answer are given to the connection under one deadline.
// With a Progress of one minute, a client that reads less than about 2 KiB/s is cut off.
const chunk = 128 << 10

// watchProgress puts a deadline on every write of an answer, so that the answer may last
// for hours but not stand still. A body has its deadlines where it is read: in readSmall,
// and in movingBody for documents.
func (s *server) watchProgress(c *gin.Context) {
	control := http.NewResponseController(c.Writer)
	_ = control.SetWriteDeadline(time.Time{}) // the deadline of the connection's last answer must not end this one
	if c.Request.ContentLength != 0 {
		// The reader of the body moves this deadline. If the handler does not read the
		// body, it ends net/http's own reading of the rest.
		_ = control.SetReadDeadline(time.Now().Add(s.progress))
	}
	c.Writer = &movingWriter{ResponseWriter: c.Writer, control: control, progress: s.progress}
}

// movingWriter moves the connection's deadline before each chunk that it writes.
type movingWriter struct {
	gin.ResponseWriter
	control  *http.ResponseController
	progress time.Duration
}

// Write implements io.Writer.
func (w *movingWriter) Write(p []byte) (written int, err error) {
	for {
		// A server without deadlines, such as the tests' recorder, is no error.
		_ = w.control.SetWriteDeadline(time.Now().Add(w.progress))
		n, err := w.ResponseWriter.Write(p[:min(chunk, len(p))])
		written += n
		p = p[n:]
		if err != nil || len(p) == 0 {
			return written, err
		}
	}
}

// WriteString implements io.StringWriter.
func (w *movingWriter) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

// Unwrap is for http.ResponseController.
func (w *movingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// movingBody moves the connection's deadline before each read and removes it at the end.
// net/http reads on in the background to notice a client that leaves, and would take a
// passed deadline for that. After an error the deadline stays: more of the body may come,
// and net/http would wait for it.
type movingBody struct {
	body     io.Reader
	answer   http.ResponseWriter
	control  *http.ResponseController
	progress time.Duration
}

func (s *server) movingBody(c *gin.Context) *movingBody {
	return &movingBody{body: c.Request.Body, answer: c.Writer, control: http.NewResponseController(c.Writer), progress: s.progress}
}

// Read implements io.Reader. An error of the body, such as io.ErrUnexpectedEOF from a
// client that vanished, stays unchanged: it must never be taken for the end.
func (b *movingBody) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(time.Now().Add(b.progress))
	n, err := b.body.Read(p)
	switch {
	case err == io.EOF:
		_ = b.control.SetReadDeadline(time.Time{})
	case err != nil:
		hangUp(b.answer)
	}
	return n, err
}

// linger is how long a connection is still read from before it closes. A client that goes
// on sending has this time to see the answer.
const linger = time.Second

// hangUp ends the connection with the answer, because a part of the body may be unread.
// On a connection that stays open, late bytes would be taken for the next request.
// net/http also reads up to 256 KiB of the rest before it closes, and would wait without
// end for a client that sends nothing.
func hangUp(w http.ResponseWriter) {
	w.Header().Set("Connection", "close")
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(linger))
}
