package gateway_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

func part(offset, length int64) gateway.Choice {
	return func(gateway.Document) (gateway.Part, error) { return gateway.Part{Offset: offset, Length: length}, nil }
}

func readPart(t *testing.T, w *gatewaytest.World, id gateway.DocumentID, choose gateway.Choice) ([]byte, error) {
	t.Helper()
	content, err := w.Gateway.OpenPart(t.Context(), w.Handler, id, choose)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = content.Send(t.Context(), &b)
	return b.Bytes(), err
}

func TestParts(t *testing.T) {
	const chunk = 64 << 10
	at := func(offset, length int64) gateway.Part { return gateway.Part{Offset: offset, Length: length} }
	for _, size := range []int64{10_000, 5<<20 + 17} { // verified whole, and opened at the offset
		w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
		d := readable(t, w, int(size))
		content := gatewaytest.Content("claim", int(size))
		for _, p := range []gateway.Part{at(0, size), at(0, 1), at(size-1, 1), at(1, size-1), at(0, size-1), at(5000, 100), at(size, 0), at(0, 0),
			at(min(chunk, size/2), 1), at(min(chunk, size/2)-1, 2), at(min(2*chunk+3, size/3), size/2)} {
			got, err := readPart(t, w, d.ID, part(p.Offset, p.Length))
			if err != nil || !bytes.Equal(got, content[p.Offset:p.Offset+p.Length]) {
				t.Errorf("%+v of %d: %d bytes, %v", p, size, len(got), err)
			}
		}
		before := len(events(t, w, gateway.EventQuery{Action: "document.read"}))
		for _, p := range []gateway.Part{at(-1, 1), at(0, -1), at(0, size+1), at(size, 1), at(size+1, 0), at(1<<63-1, 1<<63-1)} {
			_, err := readPart(t, w, d.ID, part(p.Offset, p.Length))
			wantInvalid(t, err, gateway.InvalidRange)
		}
		refused := events(t, w, gateway.EventQuery{Action: "document.read"})[before:]
		if len(refused) != 6 || line(refused[0]) != "document.read grant deny invalid-range" {
			t.Errorf("the ledger says %v", lines(refused))
		}
	}
}

func TestAPartIsARead(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		d := readable(t, w, 5<<20)
		if _, err := readPart(t, w, d.ID, part(1<<20, 1000)); err != nil {
			t.Fatal(err)
		}
		if head, err := w.Gateway.Head(t.Context(), w.Handler, d.ID); err != nil || head.Size != 5<<20 {
			t.Errorf("head: %+v, %v", head, err)
		}
		got := events(t, w, gateway.EventQuery{Action: "document.read"})
		if len(got) != 4 {
			t.Fatalf("the ledger says %v", lines(got))
		}
		for i, bytes := range []int64{0, 1000, 0, 0} {
			if got[i].Bytes != bytes || got[i].Length != 5<<20 {
				t.Errorf("event %d: %d of %d bytes", i, got[i].Bytes, got[i].Length)
			}
		}
		if got[0].Private["range"] != "1048576+1000/5242880" || line(got[3]) != "document.read completed allow allowed" || got[3].Grant != got[2].ID {
			t.Errorf("the ledger says %+v, %+v", got[0], got[3])
		}
		if n := count(t, w, "SELECT documents FROM reading WHERE person = $1", string(w.Handler.Person)); n != 1 {
			t.Errorf("%d documents count", n)
		}
		for _, who := range []gateway.Caller{w.Colleague, w.System, w.Stranger} {
			if _, err := w.Gateway.Head(t.Context(), who, d.ID); err == nil {
				t.Error("another person asked for the head")
			}
		}
	})
}

// An object or a header that was exchanged is an error, and never a clean end.
func TestAPartThatWasTamperedWithNeverPasses(t *testing.T) {
	needs.NoRace(t, "one reader")
	needs.Parallel(t)
	const offset, length = 1 << 20, 300_000
	for _, size := range []int{2 << 20, 6 << 20} {
		for name, tamper := range map[string]func(t *testing.T, w *gatewaytest.World, d, other gateway.Document){
			"a bit flipped at its start": edit(func(b []byte) []byte { b[offset+5000] ^= 1; return b }),
			"a bit flipped at its end":   edit(func(b []byte) []byte { b[offset+length] ^= 1; return b }),
			"cut":                        edit(func(b []byte) []byte { return b[:len(b)-1] }),
			"extended":                   edit(func(b []byte) []byte { return append(b, 0) }),
			"gone":                       edit(func([]byte) []byte { return nil }),
			"chunks exchanged": edit(func(b []byte) []byte {
				const sealed = 64<<10 + 16
				first, second := b[16+16*sealed:16+17*sealed], b[16+17*sealed:16+18*sealed]
				for i := range first {
					first[i], second[i] = second[i], first[i]
				}
				return b
			}),
			"another document's body": func(t *testing.T, w *gatewaytest.World, d, other gateway.Document) {
				key, _ := object(t, w, d)
				_, body := object(t, w, other)
				replace(t, w, key, body)
			},
			"another document's header": func(t *testing.T, w *gatewaytest.World, d, other gateway.Document) {
				execute(t, w, "UPDATE document_header SET header = (SELECT header FROM document_header WHERE document = $1) WHERE document = $2",
					string(other.ID), string(d.ID))
			},
			"another valid age file": func(t *testing.T, w *gatewaytest.World, d, other gateway.Document) {
				var header []byte
				err := w.Database.Reader().QueryRowContext(t.Context(), "SELECT header FROM document_header WHERE document = $1", string(other.ID)).Scan(&header)
				if err != nil {
					t.Fatal(err)
				}
				key, body := object(t, w, d)
				_, another := object(t, w, other)
				replace(t, w, key, append(header, another...)[:len(body)])
			},
		} {
			t.Run(fmt.Sprintf("%s, %d bytes", name, size), func(t *testing.T) {
				w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
				d, other := readable(t, w, size), readable(t, w, size)
				tamper(t, w, d, other)
				got, err := readPart(t, w, d.ID, part(offset, length))
				if !errors.Is(err, gateway.ErrTampered) {
					t.Errorf("got %v, want tampered", err)
				}
				if !bytes.HasPrefix(gatewaytest.Content("claim", size)[offset:offset+length], got) || len(got) == length {
					t.Errorf("%d bytes left", len(got))
				}
				list := events(t, w, gateway.EventQuery{Document: string(d.ID)})
				if last := line(list[len(list)-1]); last != "document.read aborted error integrity-failed" {
					t.Errorf("the ledger ends with %s", last)
				}
			})
		}
	}
}

// edit returns a change of the bytes of a document's object.
func edit(change func([]byte) []byte) func(*testing.T, *gatewaytest.World, gateway.Document, gateway.Document) {
	return func(t *testing.T, w *gatewaytest.World, d, _ gateway.Document) {
		key, body := object(t, w, d)
		replace(t, w, key, change(body))
	}
}
