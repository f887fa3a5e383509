package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
)

// exportPack gives an evidence pack.
func (s *server) exportPack(ctx context.Context, caller gateway.Caller, query gateway.EventQuery,
	p api.ExportEventsParams) (ExportEventsResponseObject, error) {
	for name, text := range packTexts(p) {
		if len(or(text)) > event.MaxText {
			return nil, tooLong(name)
		}
	}
	q := gateway.PackQuestion{Since: or(p.Since), LedgerQuestion: gateway.LedgerQuestion{Query: query, Question: or(p.Question),
		Which: string(or(p.Which)), Hours: or(p.Hours), Zone: or(p.Zone)}}
	if p.Countries != nil {
		q.Countries = strings.Split(*p.Countries, ",")
	}
	pack, err := s.gateway.ExportPack(ctx, caller, query.Ledger, q)
	return packAnswer{ctx, s.log, pack}, err
}

// packTexts are the parameters that only a pack has, except since.
func packTexts(p api.ExportEventsParams) map[string]*string {
	return map[string]*string{"question": p.Question, "which": (*string)(p.Which), "countries": p.Countries, "hours": p.Hours, "zone": p.Zone}
}

// noPackParameter refuses a parameter that another format would ignore.
func noPackParameter(p api.ExportEventsParams) error {
	given := packTexts(p)
	if p.Since != nil {
		given["since"] = new(string)
	}
	for name, text := range given {
		if text != nil {
			return &refusal{kind: kindParameter, field: name, detail: "This parameter needs format=pack."}
		}
	}
	return nil
}

// packAnswer is the answer with a pack. Any failure after its first byte breaks the
// connection.
type packAnswer struct {
	ctx  context.Context // of the request, which ends with the answer
	log  *slog.Logger
	pack *gateway.Pack
}

// VisitExportEventsResponse implements ExportEventsResponseObject.
func (a packAnswer) VisitExportEventsResponse(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="evidence.zip"`)
	w.WriteHeader(http.StatusOK)
	if err := a.pack.Send(a.ctx, w); err != nil {
		a.log.Warn("evidence pack broken off", "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}
