package httpapi

import (
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/gin-gonic/gin"
)

// recover turns a panic into a 500, or into a broken connection when the answer has
// begun. http.ErrAbortHandler breaks an answer on purpose. It passes through: without
// that, the client would read a clean end.
func (s *server) recover(c *gin.Context) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if v == http.ErrAbortHandler || c.Writer.Written() {
			s.logPanic(c, v)
			panic(http.ErrAbortHandler)
		}
		s.problem(c, fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
	}()
	c.Next()
}

func (s *server) logPanic(c *gin.Context, v any) {
	if v != http.ErrAbortHandler {
		s.log.Error("panic after the answer began", "request", requestID(c), "error", v, "stack", string(debug.Stack()))
	}
}
