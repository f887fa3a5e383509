package httpapi

import (
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bordereau/bordereau/gateway/api"
)

// ProblemOf gives the tests the table from errors to problems.
func ProblemOf(err error) api.Problem { return problemOf(err) }

// CheckJSON gives the tests the check that every JSON body passes.
func CheckJSON(text []byte) error { return checkJSON(text) }

// MovingBody is a body that moves the deadline of w.
func MovingBody(w http.ResponseWriter, body io.Reader) io.Reader {
	return &movingBody{body: body, answer: w, control: http.NewResponseController(w), progress: time.Minute}
}

// MovingWriter is the writer that moves the deadline of w.
func MovingWriter(w http.ResponseWriter) io.Writer {
	c, _ := gin.CreateTestContext(w)
	s := &server{progress: time.Minute}
	c.Request = &http.Request{}
	s.watchProgress(c)
	return c.Writer
}

// Recovered is a handler inside the recovery of every request.
func Recovered(log *slog.Logger, h http.HandlerFunc) http.Handler {
	s := &server{log: log}
	e := gin.New()
	e.Use(s.identify, s.recover)
	e.GET("/", gin.WrapF(h))
	return e
}
