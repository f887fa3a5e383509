package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// proposeContract takes terms as they are: what is approved and kept is the text that was sent, byte for byte. Package
// policy parses them, strictly, as YAML, of which JSON is a part.
func (s *server) proposeContract(c *gin.Context) {
	if err := exactQuery(c.Request.URL.RawQuery, noParams()); err != nil {
		s.problem(c, err)
		return
	}
	if err := mediaType(c.Request, "application/yaml", "application/json"); err != nil {
		s.problem(c, err)
		return
	}
	terms, err := s.readSmall(c)
	if err != nil {
		s.problem(c, err)
		return
	}
	contract, err := s.gateway.ProposeContract(c.Request.Context(), callerOf(c), terms)
	if err != nil {
		s.problem(c, err)
		return
	}
	s.json(c, http.StatusCreated, toContract(contract))
}
