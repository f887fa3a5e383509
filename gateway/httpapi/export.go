package httpapi

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
)

// ExportEvents gives all events that match, streamed.
func (s *server) ExportEvents(ctx context.Context, r ExportEventsRequestObject) (ExportEventsResponseObject, error) {
	ctx, caller := enter(ctx)
	query, err := filtersOfExportEvents(r.Params).query(nil, nil)
	if err != nil {
		return nil, err
	}
	if or(r.Params.Format) == api.ExportEventsParamsFormatPack {
		return s.exportPack(ctx, caller, query, r.Params)
	}
	if err := noPackParameter(r.Params); err != nil {
		return nil, err
	}
	out := export{log: s.log, mediaType: "application/x-ndjson", write: writeNDJSON}
	switch or(r.Params.Format) {
	case "", api.ExportEventsParamsFormatNdjson:
	case api.ExportEventsParamsFormatCsv:
		out.mediaType, out.write = "text/csv; charset=utf-8; header=present", gateway.WriteCSV
	default:
		return nil, &refusal{kind: kindParameter, field: "format", detail: "The value must be ndjson, csv or pack."}
	}
	out.events, err = s.gateway.ExportEvents(ctx, caller, query.Ledger, query)
	return out, err
}

// export is an answer of any length. It ends cleanly only when it is whole: any failure
// after its first byte breaks the connection.
type export struct {
	log       *slog.Logger
	mediaType string
	events    iter.Seq2[event.Event, error]
	write     func(io.Writer, iter.Seq2[event.Event, error]) error
}

// VisitExportEventsResponse implements ExportEventsResponseObject.
func (e export) VisitExportEventsResponse(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", e.mediaType)
	w.Header().Set("Content-Disposition", "attachment")
	w.WriteHeader(http.StatusOK)
	buffer := bufio.NewWriterSize(w, 32<<10)
	err := e.write(buffer, e.events)
	if err == nil {
		err = buffer.Flush()
	}
	if err != nil {
		e.log.Warn("export broken off", "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

func writeNDJSON(w io.Writer, events iter.Seq2[event.Event, error]) error {
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	for e, err := range events {
		if err != nil {
			return err
		}
		if err := lines.Encode(toEvent(e)); err != nil {
			return fmt.Errorf("writing an event: %w", err)
		}
	}
	return nil
}
