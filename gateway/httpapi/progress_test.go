package httpapi_test

import (
	"bytes"
	"errors"
	"io"
	"net/http/httptest"
	"testing"
	"testing/iotest"
	"time"

	"github.com/bordereau/bordereau/gateway/httpapi"
)

// connection keeps the deadlines that it is given.
type connection struct {
	*httptest.ResponseRecorder
	read, write []time.Time
	largest     int // bytes of one write
}

func newConnection() *connection { return &connection{ResponseRecorder: httptest.NewRecorder()} }

func (c *connection) SetReadDeadline(t time.Time) error  { c.read = append(c.read, t); return nil }
func (c *connection) SetWriteDeadline(t time.Time) error { c.write = append(c.write, t); return nil }

func (c *connection) Write(p []byte) (int, error) {
	c.largest = max(c.largest, len(p))
	return c.ResponseRecorder.Write(p)
}

func TestEveryReadMovesTheDeadline(t *testing.T) {
	c := newConnection()
	n, err := io.Copy(io.Discard, httpapi.MovingBody(c, iotest.OneByteReader(bytes.NewReader(make([]byte, 9)))))
	if n != 9 || err != nil {
		t.Fatalf("read %d, %v", n, err)
	}
	// Nine bytes and the end, which takes the deadline away.
	if len(c.read) != 11 || !c.read[10].IsZero() {
		t.Fatalf("got deadlines %v", c.read)
	}
	for i, d := range c.read[:10] {
		if d.IsZero() || i > 0 && d.Before(c.read[i-1]) {
			t.Errorf("deadline %d is %v", i, d)
		}
	}
}

func TestABodyThatFailsKeepsItsErrorAndItsDeadline(t *testing.T) {
	c := newConnection()
	body := io.MultiReader(bytes.NewReader(make([]byte, 9)), iotest.ErrReader(io.ErrUnexpectedEOF))
	if _, err := io.Copy(io.Discard, httpapi.MovingBody(c, body)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
	if last := c.read[len(c.read)-1]; last.IsZero() {
		t.Error("net/http would wait for the rest for ever")
	}
}

func TestEveryChunkOfAnAnswerMovesTheDeadline(t *testing.T) {
	c := newConnection()
	w := httpapi.MovingWriter(c)
	if len(c.write) != 1 || !c.write[0].IsZero() {
		t.Errorf("the deadline of the connection's last answer stays: %v", c.write)
	}
	n, err := w.Write(make([]byte, 1<<20))
	if n != 1<<20 || err != nil || c.Body.Len() != 1<<20 {
		t.Errorf("wrote %d, %v", n, err)
	}
	if len(c.write) != 9 || c.largest != 128<<10 {
		t.Errorf("%d deadlines, largest write %d", len(c.write), c.largest)
	}
}
