package httpapi

import (
	"net/http"
	"reflect"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/policy"
)

// proposeContract reads terms. The text is approved and kept byte for byte as it was
// sent. Package policy parses it, strictly, as YAML, of which JSON is a part.
func (s *server) proposeContract(c *gin.Context) {
	s.takeTerms(c, noParams(), func(terms []byte) (gateway.Contract, error) {
		return s.gateway.ProposeContract(c.Request.Context(), callerOf(c), terms)
	})
}

// amendContract reads terms in the same way, for the next version of a contract.
func (s *server) amendContract(c *gin.Context) {
	s.takeTerms(c, reflect.ValueOf(api.AmendContractParams{}), func(terms []byte) (gateway.Contract, error) {
		effective, err := optionalTime(c, "effective")
		if err != nil {
			return gateway.Contract{}, err
		}
		return s.gateway.AmendContract(c.Request.Context(), callerOf(c), policy.ContractID(c.Param("contract")), terms, effective)
	})
}

// takeTerms reads terms and answers with the contract that has them.
func (s *server) takeTerms(c *gin.Context, params reflect.Value, take func(terms []byte) (gateway.Contract, error)) {
	if err := exactQuery(c.Request.URL.RawQuery, params); err != nil {
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
	contract, err := take(terms)
	if err != nil {
		s.problem(c, err)
		return
	}
	s.json(c, http.StatusCreated, toContract(contract))
}

// optionalTime is a time in the query. It is zero when the parameter is absent.
func optionalTime(c *gin.Context, name string) (time.Time, error) {
	text, given := c.GetQuery(name)
	if !given {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, &refusal{kind: kindParameter, field: name, detail: "The value must be a time such as 2026-11-25T09:30:00Z."}
	}
	return t, nil
}
