package gateway_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/policy"
)

// readable returns a leased document of the given size.
func readable(t *testing.T, w *gatewaytest.World, size int) gateway.Document {
	t.Helper()
	batch := w.Open(t, "lot-"+policy.NewID("x")[2:])
	d, _ := w.Upload(t, batch, "claim", gatewaytest.Content("claim", size))
	w.Seal(t, batch, []gateway.Document{d})
	w.Taken(t, batch)
	return d
}

// object returns the key and the bytes of a document's object.
func object(t *testing.T, w *gatewaytest.World, d gateway.Document) (key string, body []byte) {
	t.Helper()
	err := w.Database.Reader().QueryRowContext(t.Context(), "SELECT object_key FROM document WHERE id = $1", string(d.ID)).Scan(&key)
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := w.Objects.Get(t.Context(), key, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if body, err = io.ReadAll(r); err != nil {
		t.Fatal(err)
	}
	return key, body
}

// replace replaces the bytes of a document's object.
func replace(t *testing.T, w *gatewaytest.World, key string, body []byte) {
	t.Helper()
	if err := w.Objects.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if body == nil {
		return
	}
	if err := w.Objects.Put(t.Context(), key, bytes.NewReader(body), int64(len(body))); err != nil {
		t.Fatal(err)
	}
}

func TestABodyThatWasTamperedWithNeverPasses(t *testing.T) {
	needs.NoRace(t, "one reader")
	needs.Parallel(t)
	for _, size := range []int{10_000, 5 << 20} { // verified whole before the first byte, and streamed
		for name, tamper := range map[string]func(body []byte) []byte{
			"a bit flipped at the start": func(b []byte) []byte { b[20] ^= 1; return b },
			"a bit flipped at the end":   func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
			"cut":                        func(b []byte) []byte { return b[:len(b)-1] },
			"extended":                   func(b []byte) []byte { return append(b, 0) },
			"another document's":         nil,
			"gone":                       func([]byte) []byte { return nil },
		} {
			t.Run(fmt.Sprintf("%s, %d bytes", name, size), func(t *testing.T) {
				w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
				d := readable(t, w, size)
				key, body := object(t, w, d)
				if tamper == nil {
					_, other := object(t, w, readable(t, w, size))
					tamper = func([]byte) []byte { return other }
				}
				replace(t, w, key, tamper(body))
				got, err := w.Read(t, w.Handler, d.ID)
				if !errors.Is(err, gateway.ErrTampered) {
					t.Errorf("got %v, want tampered", err)
				}
				if len(got) >= size {
					t.Error("all bytes were given")
				}
				ended := events(t, w, gateway.EventQuery{Document: string(d.ID), Outcome: event.OutcomeError})
				if len(ended) != 1 || line(ended[0]) != "document.read aborted error integrity-failed" {
					t.Errorf("the ledger says %v", lines(ended))
				}
			})
		}
	}
}

func TestAHeaderThatWasSwappedNeverPasses(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	one, other := readable(t, w, 10_000), readable(t, w, 10_000)
	_, err := w.Database.Writer().ExecContext(t.Context(), `UPDATE document_header SET header =
		(SELECT header FROM document_header WHERE document = $1) WHERE document = $2`, string(other.ID), string(one.ID))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Read(t, w.Handler, one.ID); !errors.Is(err, gateway.ErrTampered) {
		t.Errorf("got %v, want tampered", err)
	}
}

// receiver is a receiver that fails after some bytes.
type receiver struct{ left int }

func (r *receiver) Write(p []byte) (int, error) {
	if len(p) > r.left {
		return r.left, io.ErrClosedPipe
	}
	r.left -= len(p)
	return len(p), nil
}

func TestAReceiverThatGoesAwayIsRecorded(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	d := readable(t, w, 5<<20)
	content, err := w.Gateway.Open(t.Context(), w.Handler, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := content.Send(t.Context(), &receiver{left: 100_000}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
	content.Close() // harmless
	ended := events(t, w, gateway.EventQuery{Document: string(d.ID), Outcome: event.OutcomeError})
	if len(ended) != 1 || line(ended[0]) != "document.read aborted error client-gone" || ended[0].Bytes != 100_000 {
		t.Errorf("the ledger says %v", lines(ended))
	}
}

// writerFunc is called for every piece of a document that leaves.
type writerFunc func(p []byte)

func (f writerFunc) Write(p []byte) (int, error) { f(p); return len(p), nil }

func TestARunningDownloadIsCutWhenTheAccessEnds(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, w *gatewaytest.World) error{
		"suspension": func(t *testing.T, w *gatewaytest.World) error {
			_, err := w.Gateway.SuspendContract(t.Context(), w.Manager, w.Contract, "incident")
			return err
		},
		"leaver": func(t *testing.T, w *gatewaytest.World) error {
			return w.Gateway.EndMember(t.Context(), w.Operator, w.Handler.Person)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
			d := readable(t, w, 5<<20)
			content, err := w.Gateway.Open(t.Context(), w.Handler, d.ID)
			if err != nil {
				t.Fatal(err)
			}
			pieces := 0
			err = content.Send(t.Context(), writerFunc(func([]byte) {
				if pieces++; pieces == 10 {
					if err := end(t, w); err != nil {
						t.Error(err)
					}
					w.Clock.Advance(6 * time.Second)
				}
			}))
			if err == nil || pieces != 10 {
				t.Errorf("%d pieces left, then %v", pieces, err)
			}
			ended := events(t, w, gateway.EventQuery{Document: string(d.ID), Outcome: event.OutcomeError})
			if len(ended) != 1 || ended[0].Phase != event.PhaseAborted || ended[0].Bytes != 10*64<<10 || strings.HasPrefix(ended[0].Reason, "client") {
				t.Errorf("the ledger says %v", lines(ended))
			}
		})
	}
}

func TestStoreUnavailableDuringADownload(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	d := readable(t, w, 10_000)
	w.Objects.SetAway(true)
	if got, err := w.Read(t, w.Handler, d.ID); !errors.Is(err, gateway.ErrUnavailable) || len(got) > 0 {
		t.Errorf("%d bytes and %v", len(got), err)
	}
	w.Objects.SetAway(false)
	if _, err := w.Read(t, w.Handler, d.ID); err != nil {
		t.Errorf("after the store came back: %v", err)
	}
}
