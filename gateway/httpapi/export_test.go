package httpapi

import (
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/bordereau/bordereau/gateway/api"
)

// ProblemOf gives the tests the table from errors to problems.
func ProblemOf(err error) api.Problem { return problemOf(err) }

// CheckJSON gives the tests the check that every JSON body passes.
func CheckJSON(text []byte) error { return checkJSON(text) }

// Recovered is a handler inside the recovery of every request.
func Recovered(log *slog.Logger, h http.HandlerFunc) http.Handler {
	s := &server{log: log}
	e := gin.New()
	e.Use(s.identify, s.recover)
	e.GET("/", gin.WrapF(h))
	return e
}
