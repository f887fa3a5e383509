package httpapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// ProveEvent proves that an event is in its ledger.
func (s *server) ProveEvent(ctx context.Context, r ProveEventRequestObject) (ProveEventResponseObject, error) {
	ctx, caller := enter(ctx)
	proof, err := s.gateway.ProveEvent(ctx, caller, r.Ledger, r.Seq)
	return ProveEvent200TextResponse(proof), err
}

// ProveConsistency proves that a ledger has only grown.
func (s *server) ProveConsistency(ctx context.Context, r ProveConsistencyRequestObject) (ProveConsistencyResponseObject, error) {
	ctx, caller := enter(ctx)
	if r.Params.From < 0 || or(r.Params.To) < 0 {
		return nil, &refusal{kind: kindParameter, field: "from", detail: "The size must be 0 or more."}
	}
	proof, err := s.gateway.ProveConsistency(ctx, caller, r.Ledger, r.Params.From, r.Params.To)
	return ProveConsistency200TextResponse(proof), err
}

// tile gives a tile. The rest of the path is its name.
func (s *server) tile(c *gin.Context) {
	if err := exactQuery(c.Request.URL.RawQuery, noParams()); err != nil {
		s.problem(c, err)
		return
	}
	data, err := s.gateway.Tile(c.Request.Context(), callerOf(c), c.Param("ledger"), strings.TrimPrefix(c.Param("tile"), "/"))
	if err != nil {
		s.problem(c, err)
		return
	}
	c.Data(http.StatusOK, "application/octet-stream", data)
}
