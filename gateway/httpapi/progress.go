package httpapi

import (
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// chunk is how many bytes of an answer are given to the connection under one deadline. Together with a Progress of one
// minute it cuts off who reads less than about 2 KiB/s.
const chunk = 128 << 10

// watchProgress puts a deadline on every write of an answer, so that it may last for hours but not stand still. Reading a
// body has its deadlines where it is read: readSmall, and movingBody for documents.
func (s *server) watchProgress(c *gin.Context) {
	control := http.NewResponseController(c.Writer)
	_ = control.SetWriteDeadline(time.Time{}) // one of the connection's last answer must not hit this one
	if c.Request.ContentLength != 0 {
		// Whoever reads the body moves this on. If nobody does, it ends net/http's own reading of what is left of it.
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
		// Servers without deadlines, such as the tests' recorder, are not an error.
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

// movingBody moves the connection's deadline before each read, and takes it away at the end: net/http reads on in the
// background to notice a client that leaves, and would take a deadline that passes for that. After an error it stays:
// there may be more of the body, and net/http would wait for it.
type movingBody struct {
	body     io.Reader
	answer   http.ResponseWriter
	control  *http.ResponseController
	progress time.Duration
}

func (s *server) movingBody(c *gin.Context) *movingBody {
	return &movingBody{body: c.Request.Body, answer: c.Writer, control: http.NewResponseController(c.Writer), progress: s.progress}
}

// Read implements io.Reader. An error of the body, such as io.ErrUnexpectedEOF from a client that vanished, stays what it
// is: it must never be taken for the end.
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

// linger is how long a connection that is about to be closed is still read from: time for a client that goes on sending to
// see the answer, and none to keep a connection that is of no use any more.
const linger = time.Second

// hangUp ends the connection with the answer, because there may be more of the body than was read. Kept, what came late
// would be taken for the next request; and net/http, which reads up to 256 KiB of what is left before it closes, would
// wait without end for a client that sends nothing.
func hangUp(w http.ResponseWriter) {
	w.Header().Set("Connection", "close")
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(linger))
}
