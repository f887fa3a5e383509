package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/objects/objectstest/faulty"
	"github.com/bordereau/bordereau/policy"
)

// stored counts the objects in the store.
func stored(t *testing.T, w *gatewaytest.World) int {
	t.Helper()
	n := 0
	for _, err := range w.Objects.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// pdf is content that is recognised as PDF.
var pdf = append([]byte("%PDF-1.7\n"), gatewaytest.Content("form", 2000)...)

func form(batch gateway.BatchID) gateway.NewDocument {
	n := gatewaytest.Incoming(batch, "form-1", pdf)
	n.Class, n.MediaType = "form", "application/pdf"
	return n
}

// broken returns some bytes and then an error.
func broken(p []byte, err error) io.Reader {
	return io.MultiReader(bytes.NewReader(p), readerFunc(func([]byte) (int, error) { return 0, err }))
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestBadUploadsStoreNothing(t *testing.T) {
	cases := map[string]struct {
		change func(n *gateway.NewDocument)
		body   io.Reader // nil: pdf
		check  func(t *testing.T, err error)
	}{
		"shorter than declared": {change: func(n *gateway.NewDocument) { n.Length++; n.Digests = nil },
			check: func(t *testing.T, err error) { wantInvalid(t, err, gateway.InvalidLengthMismatch) }},
		"longer than declared": {change: func(n *gateway.NewDocument) { n.Length--; n.Digests = nil },
			check: func(t *testing.T, err error) { wantInvalid(t, err, gateway.InvalidLengthMismatch) }},
		"another digest": {change: func(n *gateway.NewDocument) { n.Digests[0].Sum = make([]byte, 32) },
			check: func(t *testing.T, err error) { wantInvalid(t, err, gateway.InvalidDigestMismatch) }},
		"client gone": {body: broken(pdf[:500], io.ErrUnexpectedEOF),
			check: func(t *testing.T, err error) { wantInvalid(t, err, gateway.InvalidBody) }},
		"client gone, chunked": {change: func(n *gateway.NewDocument) { n.Length = -1 }, body: broken(pdf[:500], io.ErrUnexpectedEOF),
			check: func(t *testing.T, err error) { wantInvalid(t, err, gateway.InvalidBody) }},
		"client gone at the last byte, chunked": {change: func(n *gateway.NewDocument) { n.Length = -1 }, body: broken(pdf, io.ErrUnexpectedEOF),
			check: func(t *testing.T, err error) { wantInvalid(t, err, gateway.InvalidBody) }},
		"unknown class": {change: func(n *gateway.NewDocument) { n.Class = "secret" },
			check: func(t *testing.T, err error) { wantDenied(t, err, policy.ReasonUnknownClass) }},
		"media type of no clause": {change: func(n *gateway.NewDocument) { n.MediaType = "image/png" },
			check: func(t *testing.T, err error) { wantDenied(t, err, policy.ReasonMediaType) }},
		"content of another type": {body: bytes.NewReader(append([]byte("\x89PNG\r\n\x1a\n"), pdf[8:]...)),
			change: func(n *gateway.NewDocument) { n.Digests = nil },
			check:  func(t *testing.T, err error) { wantDenied(t, err, policy.ReasonContent) }},
		"a program, where any type is allowed": {body: bytes.NewReader([]byte("\x7fELF\x02\x01\x01\x00")),
			change: func(n *gateway.NewDocument) {
				n.Class, n.MediaType, n.Length, n.Digests = "anything", "application/x-own", 8, nil
			},
			check: func(t *testing.T, err error) { wantDenied(t, err, policy.ReasonExecutable) }},
		"declared too large": {change: func(n *gateway.NewDocument) { n.Length = 1<<20 + 1 },
			check: func(t *testing.T, err error) { wantDenied(t, err, policy.ReasonTooLarge) }},
		"too large, chunked": {change: func(n *gateway.NewDocument) { n.Length, n.Digests = -1, nil },
			body:  io.MultiReader(bytes.NewReader(pdf), bytes.NewReader(make([]byte, 1<<20))),
			check: func(t *testing.T, err error) { wantDenied(t, err, policy.ReasonTooLarge) }},
		"empty": {change: func(n *gateway.NewDocument) { n.Length, n.Digests = 0, nil }, body: bytes.NewReader(nil),
			check: func(t *testing.T, err error) { wantDenied(t, err, policy.ReasonEmptyDocument) }},
		"empty, chunked": {change: func(n *gateway.NewDocument) { n.Length, n.Digests = -1, nil }, body: bytes.NewReader(nil),
			check: func(t *testing.T, err error) { wantDenied(t, err, policy.ReasonEmptyDocument) }},
		"reference climbs": {change: func(n *gateway.NewDocument) { n.Reference = "../x" },
			check: func(t *testing.T, err error) { wantInvalid(t, err, gateway.InvalidReference) }},
		"reference with NUL": {change: func(n *gateway.NewDocument) { n.Reference = "a\x00b" },
			check: func(t *testing.T, err error) { wantInvalid(t, err, gateway.InvalidReference) }},
		"reference with CR LF": {change: func(n *gateway.NewDocument) { n.Reference = "a\r\nb" },
			check: func(t *testing.T, err error) { wantInvalid(t, err, gateway.InvalidReference) }},
		"file name with a control character": {change: func(n *gateway.NewDocument) { n.FileName = "a\nb.pdf" },
			check: func(t *testing.T, err error) { wantInvalid(t, err, gateway.InvalidParameter) }},
		"no batch": {change: func(n *gateway.NewDocument) { n.Batch = "b_aaaaaaaaaaaaaaaaaaaaaaaaaa" },
			check: func(t *testing.T, err error) {
				if !errors.Is(err, gateway.ErrNotFound) {
					t.Errorf("got %v", err)
				}
			}},
	}
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	batch := w.Open(t, "lot-1")
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			n := form(batch)
			if c.change != nil {
				c.change(&n)
			}
			if c.body == nil {
				c.body = bytes.NewReader(pdf)
			}
			_, _, err := w.Gateway.Upload(t.Context(), w.System, n, c.body)
			c.check(t, err)
			if got := stored(t, w); got != 0 {
				t.Errorf("%d objects are in the store", got)
			}
		})
	}
	// The refused upload does not stop a good one under the same reference.
	if _, _, err := w.Gateway.Upload(t.Context(), w.System, form(batch), bytes.NewReader(pdf)); err != nil {
		t.Errorf("a good upload afterwards: %v", err)
	}
}

func TestUploadsOfEveryKind(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch := w.Open(t, "lot-1")
		var documents []gateway.Document
		for name, content := range map[string][]byte{"empty": {}, "byte": {7}, "chunk": gatewaytest.Content("chunk", 64<<10),
			"large": gatewaytest.Content("large", 5<<20+17)} {
			for _, length := range []int64{int64(len(content)), -1} {
				n := gatewaytest.Incoming(batch, name, content)
				if n.Length = length; length < 0 {
					n.Reference += "-chunked"
				}
				d, _, err := w.Gateway.Upload(t.Context(), w.System, n, bytes.NewReader(content))
				if err != nil {
					t.Fatalf("%s: %v", n.Reference, err)
				}
				if !bytes.Equal(d.Digest, gatewaytest.Incoming(batch, name, content).Digests[0].Sum) || d.FileName != n.FileName {
					t.Errorf("%s: received as %+v", n.Reference, d)
				}
				documents = append(documents, d)
			}
		}
		w.Seal(t, batch, documents)
		w.Taken(t, batch)
		for _, d := range documents {
			got, err := w.Read(t, w.Handler, d.ID)
			if err != nil || int64(len(got)) != d.Size {
				t.Errorf("%s: %d bytes, %v", d.Reference, len(got), err)
			}
		}
	})
}

func TestRepeatedUpload(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch := w.Open(t, "lot-1")
		content := gatewaytest.Content("claim", 5000)
		d, r := w.Upload(t, batch, "claim", content)
		again, rAgain := w.Upload(t, batch, "claim", content)
		if diff := cmp.Diff(d, again); diff != "" {
			t.Errorf("the repetition is answered differently:\n%s", diff)
		}
		if rAgain.JWS != r.JWS {
			t.Error("the repetition got another receipt")
		}
		other := gatewaytest.Content("other", 5000)
		_, _, err := w.Gateway.Upload(t.Context(), w.System, gatewaytest.Incoming(batch, "claim", other), bytes.NewReader(other))
		wantConflict(t, err, gateway.ConflictReferenceTaken)
		if got := stored(t, w); got != 1 {
			t.Errorf("%d objects are in the store", got)
		}
		w.Seal(t, batch, []gateway.Document{d})
		_, _, err = w.Gateway.Upload(t.Context(), w.System, gatewaytest.Incoming(batch, "late", content), bytes.NewReader(content))
		wantDenied(t, err, policy.ReasonBatchState)
	})
}

func TestTheManifestMustBalance(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch := w.Open(t, "lot-1")
		d, _ := w.Upload(t, batch, "claim", gatewaytest.Content("claim", 5000))
		for _, m := range []gateway.Manifest{{Documents: 2, Bytes: 5000}, {Documents: 1, Bytes: 4999}, {}} {
			_, err := w.Gateway.SealBatch(t.Context(), w.System, batch, m)
			wantConflict(t, err, gateway.ConflictManifest)
		}
		good := gateway.Manifest{Documents: 1, Bytes: d.Size, Totals: map[string]int64{"amount": 123456}}
		for range 2 { // once, and repeated
			b, err := w.Gateway.SealBatch(t.Context(), w.System, batch, good)
			if err != nil || b.State != policy.BatchSealed || b.Totals["amount"] != 123456 {
				t.Fatalf("sealing: %v, %+v", err, b)
			}
		}
		_, err := w.Gateway.SealBatch(t.Context(), w.System, batch, gateway.Manifest{Documents: 1, Bytes: d.Size})
		wantDenied(t, err, policy.ReasonBatchState)
	})
}

// held starts an upload that stops in the store just before its object appears.
func held(t *testing.T, w *gatewaytest.World, batch gateway.BatchID) (hold *faulty.Hold, result <-chan error) {
	t.Helper()
	hold = w.Objects.HoldNextPut()
	done := make(chan error, 1)
	content := gatewaytest.Content("held", 3000)
	go func() {
		_, _, err := w.Gateway.Upload(context.Background(), w.System, gatewaytest.Incoming(batch, "held", content), bytes.NewReader(content))
		done <- err
	}()
	reached(t, hold.Reached(), done)
	return hold, done
}

// reached waits until an act in another goroutine is where the test wants it. An act that
// ends before fails the test; it must not make it wait for ever.
func reached[T any](t *testing.T, there <-chan T, ended <-chan error) T {
	t.Helper()
	select {
	case at := <-there:
		return at
	case err := <-ended:
		t.Fatalf("the act ended before it was where the test wants it: %v", err)
		panic("not reached")
	}
}

// An upload whose object is stored while the sweeper abandons it is either acknowledged
// and kept, or refused and deleted. It is never acknowledged and lost.
func TestTheSweeperAndAnUploadThatCommits(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch := w.Open(t, "lot-1")
		hold, result := held(t, w, batch)
		w.Clock.Advance(16 * time.Minute)
		if err := w.Gateway.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		hold.Release()
		wantConflict(t, <-result, gateway.ConflictUploadAbandoned)
		if got := stored(t, w); got != 0 {
			t.Errorf("%d objects are left of the abandoned upload", got)
		}
		content := gatewaytest.Content("held", 3000)
		w.Upload(t, batch, "held", content)
		if err := w.Gateway.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := stored(t, w); got != 1 {
			t.Errorf("%d objects after the repetition", got)
		}
		abandoned := events(t, w, gateway.EventQuery{Action: event.Action(policy.ActionDocumentAbandon)})
		if len(abandoned) != 1 || abandoned[0].Reason != "upload-silent" {
			t.Errorf("the ledger's account: %v", lines(abandoned))
		}
	})
}

// A write that lands after its upload was abandoned and cleaned up is deleted by a later
// sweep.
func TestALateWriteIsSweptAgain(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	batch := w.Open(t, "lot-1")
	w.Objects.FailNextPut(faulty.Stored)
	content := gatewaytest.Content("late", 3000)
	// The store fails, the cleaning up finds the store unavailable, and the object is
	// there all the same.
	_, _, err := w.Gateway.Upload(t.Context(), w.System, gatewaytest.Incoming(batch, "late", content),
		io.MultiReader(bytes.NewReader(content), readerFunc(func([]byte) (int, error) {
			return 0, io.EOF
		})))
	if !errors.Is(err, gateway.ErrUnavailable) {
		t.Fatalf("got %v", err)
	}
	if got := stored(t, w); got != 0 {
		t.Fatalf("%d objects are left after the failure", got)
	}
	var key string
	if err := w.Database.Reader().QueryRowContext(t.Context(), "SELECT object_key FROM document").Scan(&key); err != nil {
		t.Fatal(err)
	}
	if err := w.Objects.Put(t.Context(), key, bytes.NewReader(content), int64(len(content))); err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(4 * time.Hour)
	if err := w.Gateway.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := stored(t, w); got != 0 {
		t.Errorf("%d objects: the late write was not swept", got)
	}
}

func TestARetryTakesAnIdleUploadOver(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch := w.Open(t, "lot-1")
		hold, result := held(t, w, batch)
		content := gatewaytest.Content("held", 3000)
		again := func() error {
			_, _, err := w.Gateway.Upload(t.Context(), w.System, gatewaytest.Incoming(batch, "held", content), bytes.NewReader(content))
			return err
		}
		wantConflict(t, again(), gateway.ConflictUploadInProgress)
		_, err := w.Gateway.SealBatch(t.Context(), w.System, batch, gateway.Manifest{})
		wantConflict(t, err, gateway.ConflictUploadInProgress)
		w.Clock.Advance(31 * time.Second)
		if err := again(); err != nil {
			t.Fatalf("taking over: %v", err)
		}
		hold.Release()
		wantConflict(t, <-result, gateway.ConflictUploadAbandoned)
		if got := stored(t, w); got != 1 {
			t.Errorf("%d objects are in the store", got)
		}
	})
}

func TestStoreFailures(t *testing.T) {
	for name, bite := range map[string]func(w *gatewaytest.World){
		"fails and not stored": func(w *gatewaytest.World) { w.Objects.FailNextPut(faulty.NotStored) },
		"fails but stored":     func(w *gatewaytest.World) { w.Objects.FailNextPut(faulty.Stored) },
		"away":                 func(w *gatewaytest.World) { w.Objects.SetAway(true) },
	} {
		t.Run(name, func(t *testing.T) {
			w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
			batch := w.Open(t, "lot-1")
			first, _ := w.Upload(t, batch, "first", gatewaytest.Content("first", 3000))
			bite(w)
			content := gatewaytest.Content("second", 3000)
			_, _, err := w.Gateway.Upload(t.Context(), w.System, gatewaytest.Incoming(batch, "second", content), bytes.NewReader(content))
			if !errors.Is(err, gateway.ErrUnavailable) {
				t.Errorf("got %v, want unavailable", err)
			}
			w.Objects.SetAway(false)
			if got := stored(t, w); got != 1 {
				t.Errorf("%d objects: want that of the acknowledged document only", got)
			}
			second, _ := w.Upload(t, batch, "second", content)
			w.Seal(t, batch, []gateway.Document{first, second})
			w.Taken(t, batch)
			for _, d := range []gateway.Document{first, second} {
				if _, err := w.Read(t, w.Handler, d.ID); err != nil {
					t.Errorf("%s after the store came back: %v", d.Reference, err)
				}
			}
		})
	}
}

func TestSuspensionDuringAnUpload(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	batch := w.Open(t, "lot-1")
	hold, result := held(t, w, batch)
	if _, err := w.Gateway.SuspendContract(t.Context(), w.Manager, w.Contract, "incident"); err != nil {
		t.Fatal(err)
	}
	hold.Release()
	wantDenied(t, <-result, policy.ReasonContractSuspended)
	if got := stored(t, w); got != 0 {
		t.Errorf("%d objects are left", got)
	}
}
