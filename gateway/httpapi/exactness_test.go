package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/crypto"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/gateway/objects"
	"github.com/bordereau/bordereau/gateway/s3/s3test"
)

// vault is a store that its owner can change behind the gateway's back.
type vault struct {
	gateway.Objects
	overwrite func(key string, body []byte)
	// putBack writes the object older again, at a key that held good before.
	putBack func(key string, older, good []byte)
}

func folderVault(t *testing.T) vault {
	f, err := objects.OpenFolder(t.Context(), objects.FolderConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	overwrite := func(key string, body []byte) {
		ctx := context.WithoutCancel(t.Context()) // the test may have ended
		err := errors.Join(f.Delete(ctx, key), f.Put(ctx, key, bytes.NewReader(body), int64(len(body))))
		if err != nil {
			t.Fatal(err)
		}
	}
	return vault{f, overwrite, func(key string, older, _ []byte) { overwrite(key, older) }}
}

func s3Vault(t *testing.T) vault {
	server := s3test.Start(t)
	v := bucketVault(t, server)
	v.putBack = func(key string, older, _ []byte) { server.Overwrite(key, older) }
	return v
}

func versionedVault(t *testing.T) vault {
	server := s3test.StartVersioned(t)
	v := bucketVault(t, server)
	v.putBack = func(key string, older, good []byte) {
		server.Overwrite(key, older)
		server.Overwrite(key, good)
		server.PutBack(key)
	}
	return v
}

// lockedVault is a bucket that keeps every object for a day, for every person.
func lockedVault(t *testing.T) vault {
	server := s3test.StartLocked(t)
	server.LockAll(1)
	return bucketVault(t, server)
}

func bucketVault(t *testing.T, server *s3test.Server) vault {
	store, err := objects.OpenS3(t.Context(), server.Config())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return vault{Objects: store, overwrite: server.Overwrite}
}

// exhibit is a document that the handler may read, and another one of the same size under
// the same contract.
type exhibit struct {
	*service
	vault   vault
	d       gateway.Document
	content []byte // of d
	other   gateway.Document
}

func newExhibit(t *testing.T, v vault, size int) *exhibit {
	t.Helper()
	x := &exhibit{service: serveHouse(t, gatewaytest.New(t, gatewaytest.Config{Objects: v})), vault: v}
	x.Contract = x.NewContract(t, gatewaytest.Unlimited(x.Client, x.Provider))
	x.Join(t, x.Contract)
	batch := x.Open(t, "lot-1")
	x.content = gatewaytest.Content("claim-1", size)
	x.d, _ = x.Upload(t, batch, "claim-1", x.content)
	x.other, _ = x.Upload(t, batch, "claim-2", gatewaytest.Content("claim-2", size))
	x.Seal(t, batch, []gateway.Document{x.d, x.other})
	x.Taken(t, batch)
	return x
}

func (x *exhibit) key(t *testing.T, d gateway.Document) (key string) {
	t.Helper()
	err := x.Database.Reader().QueryRowContext(t.Context(), "SELECT object_key FROM document WHERE id = $1", string(d.ID)).Scan(&key)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (x *exhibit) body(t *testing.T, d gateway.Document) []byte {
	t.Helper()
	r, _, err := x.vault.Get(t.Context(), x.key(t, d), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func (x *exhibit) header(t *testing.T, d gateway.Document) (header []byte) {
	t.Helper()
	err := x.Database.Reader().QueryRowContext(t.Context(), "SELECT header FROM document_header WHERE document = $1", string(d.ID)).Scan(&header)
	if err != nil {
		t.Fatal(err)
	}
	return header
}

func (x *exhibit) setHeader(t *testing.T, d gateway.Document, header []byte) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // it is also called when the test has ended
	if _, err := x.Database.Writer().ExecContext(ctx, "UPDATE document_header SET header = $2 WHERE document = $1",
		string(d.ID), header); err != nil {
		t.Fatal(err)
	}
}

// restored puts the document back as it is now when the test has ended.
func (x *exhibit) restored(t *testing.T, d gateway.Document) {
	t.Helper()
	key, body, header := x.key(t, d), x.body(t, d), x.header(t, d)
	t.Cleanup(func() {
		x.vault.overwrite(key, body)
		x.setHeader(t, d, header)
	})
}

// sealedAgain is d's content sealed once more to the contract, as anyone can do who knows
// the public key.
func (x *exhibit) sealedAgain(t *testing.T) (header, body []byte) {
	t.Helper()
	var text string
	err := x.Database.Reader().QueryRowContext(t.Context(), "SELECT recipient FROM contract_key WHERE contract = $1", string(x.Contract)).Scan(&text)
	if err != nil {
		t.Fatal(err)
	}
	to, err := crypto.ParseRecipient(text)
	if err != nil {
		t.Fatal(err)
	}
	header, sealed, err := crypto.Seal(bytes.NewReader(x.content), to)
	if err == nil {
		body, err = io.ReadAll(sealed)
	}
	if err != nil {
		t.Fatal(err)
	}
	return header, body
}

// edited changes the bytes of d's object.
func edited(change func(body []byte) []byte) func(*testing.T, *exhibit) {
	return func(t *testing.T, x *exhibit) { x.vault.overwrite(x.key(t, x.d), change(x.body(t, x.d))) }
}

const (
	sealedNonce = 16
	sealedChunk = 64<<10 + 16
)

// These parts of a document are requested.
const (
	everything = ""
	firstByte  = "bytes=0-0"
	resumed    = "bytes=90000-" // from the second chunk to the end
	lastByte   = "bytes=-1"
)

// damage changes the object or the header of a received document.
type damage struct {
	name  string
	apply func(t *testing.T, x *exhibit)

	// spares are the parts in undamaged chunks. Those of a large document are sent and
	// are right: each chunk has proven to be authentic and in its place. A small document
	// is verified whole, and none of it is sent.
	spares []string
}

var damages = []damage{
	{name: "a bit of the nonce flipped", apply: edited(func(b []byte) []byte { b[3] ^= 1; return b })},
	{name: "a bit of the first chunk flipped", apply: edited(func(b []byte) []byte { b[sealedNonce+1000] ^= 1; return b }),
		spares: []string{resumed, lastByte}},
	{name: "a bit of the last byte flipped", apply: edited(func(b []byte) []byte { b[len(b)-1] ^= 0x80; return b }),
		spares: []string{firstByte}},
	{name: "cut by a byte", apply: edited(func(b []byte) []byte { return b[:len(b)-1] })},
	{name: "cut by a chunk", apply: edited(func(b []byte) []byte {
		whole := (len(b) - sealedNonce - 1) / sealedChunk
		return b[:sealedNonce+whole*sealedChunk]
	})},
	{name: "cut to nothing", apply: edited(func([]byte) []byte { return nil })},
	{name: "extended by a byte", apply: edited(func(b []byte) []byte { return append(b, 0) })},
	{name: "extended by a chunk of itself", apply: edited(func(b []byte) []byte { return append(b, b[sealedNonce:sealedNonce+sealedChunk]...) })},
	{name: "the last chunk as the first", apply: edited(func(b []byte) []byte {
		whole := (len(b) - sealedNonce - 1) / sealedChunk
		copy(b[sealedNonce:], b[sealedNonce+whole*sealedChunk:])
		return b
	}), spares: []string{resumed, lastByte}},
	{name: "gone", apply: func(t *testing.T, x *exhibit) {
		if err := x.vault.Delete(t.Context(), x.key(t, x.d)); err != nil {
			t.Fatal(err)
		}
	}},
	{name: "two bodies exchanged", apply: func(t *testing.T, x *exhibit) {
		x.restored(t, x.other)
		one, two := x.body(t, x.d), x.body(t, x.other)
		x.vault.overwrite(x.key(t, x.d), two)
		x.vault.overwrite(x.key(t, x.other), one)
	}},
	{name: "two headers exchanged", apply: func(t *testing.T, x *exhibit) {
		x.restored(t, x.other)
		one, two := x.header(t, x.d), x.header(t, x.other)
		x.setHeader(t, x.d, two)
		x.setHeader(t, x.other, one)
	}},
	{name: "the same content sealed to the contract once more", apply: func(t *testing.T, x *exhibit) {
		_, body := x.sealedAgain(t)
		x.vault.overwrite(x.key(t, x.d), body)
	}},
	{name: "a whole age file for the contract", apply: func(t *testing.T, x *exhibit) {
		header, body := x.sealedAgain(t)
		x.vault.overwrite(x.key(t, x.d), append(header, body...))
	}},
	{name: "an older version put back", apply: func(t *testing.T, x *exhibit) {
		_, older := x.sealedAgain(t)
		x.vault.putBack(x.key(t, x.d), older, x.body(t, x.d))
	}},
	{name: "a header of its own put back", apply: func(t *testing.T, x *exhibit) {
		header, _ := x.sealedAgain(t)
		x.setHeader(t, x.d, header)
	}},
	{name: "a bit of the header flipped", apply: func(t *testing.T, x *exhibit) {
		header := x.header(t, x.d)
		header[len(header)-5] ^= 1 // in its MAC
		x.setHeader(t, x.d, header)
	}},
}

// For every damage to the object or the header, a client that asks for the document or a
// part of it gets an error or a broken transfer, and never all the bytes. The ledger has
// that the integrity check failed, and does not have that the read was completed.
func TestNothingButTheDocumentIsGiven(t *testing.T) {
	needs.NoRace(t, "one client, one request after the other")
	needs.Parallel(t)
	for store, open := range map[string]func(*testing.T) vault{"folder": folderVault, "s3": s3Vault, "s3 with versions": versionedVault} {
		t.Run(store, func(t *testing.T) {
			v := open(t)
			for _, size := range []int{100_000, 5<<20 + 17} { // verified whole before the first byte, and streamed
				x := newExhibit(t, v, size)
				for _, b := range damages {
					t.Run(fmt.Sprintf("%s, %d bytes", b.name, size), func(t *testing.T) {
						x.wantGiven(t, everything) // the damage must cause the failures below
						x.restored(t, x.d)
						b.apply(t, x)
						for _, part := range []string{everything, firstByte, resumed, lastByte} {
							if size > 4<<20 && slices.Contains(b.spares, part) {
								x.wantGiven(t, part)
							} else {
								x.wantRefused(t, part)
							}
						}
					})
				}
			}
		})
	}
}

// ask requests a part and gives the status, the received bytes, and the end of the
// transfer.
func (x *exhibit) ask(t *testing.T, part string) (status int, got []byte, end error) {
	t.Helper()
	r := x.service.content(t, x.d)
	if part != everything {
		r.Header.Set("Range", part)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err // broken before its head
	}
	defer response.Body.Close()
	got, end = io.ReadAll(response.Body)
	return response.StatusCode, got, end
}

// wanted is the part of the content.
func (x *exhibit) wanted(part string) []byte {
	switch part {
	case firstByte:
		return x.content[:1]
	case resumed:
		return x.content[90_000:]
	case lastByte:
		return x.content[len(x.content)-1:]
	}
	return x.content
}

func (x *exhibit) wantGiven(t *testing.T, part string) {
	t.Helper()
	status, got, end := x.ask(t, part)
	if status/100 != 2 || end != nil || !bytes.Equal(got, x.wanted(part)) {
		t.Errorf("%q: got %d with %d bytes, to %v; want what was received", part, status, len(got), end)
	}
	x.wantEnded(t, part, "completed allowed")
}

func (x *exhibit) wantRefused(t *testing.T, part string) {
	t.Helper()
	status, got, end := x.ask(t, part)
	switch {
	case end != nil:
		if !bytes.HasPrefix(x.wanted(part), got) || len(got) == len(x.wanted(part)) {
			t.Errorf("%q: broke after %d bytes, which are not a beginning", part, len(got))
		}
	case status != http.StatusInternalServerError || kindOf(got) != "tampered":
		t.Errorf("%q: got %d with %d bytes, cleanly; want a problem or a broken transfer", part, status, len(got))
	}
	x.wantEnded(t, part, "aborted integrity-failed")
}

// kindOf is the kind of a problem, empty for anything else.
func kindOf(answer []byte) string {
	var p api.Problem
	if json.Unmarshal(answer, &p) != nil {
		return ""
	}
	return p.Kind()
}

// wantEnded checks how the newest read ended, by the ledger.
func (x *exhibit) wantEnded(t *testing.T, part, want string) {
	t.Helper()
	// A client has its last byte a moment before the ledger has the completion.
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		list, _, err := x.Gateway.AuditEvents(t.Context(), x.Officer, string(x.Client), gateway.EventQuery{Document: string(x.d.ID), Limit: 5})
		if err != nil || len(list) == 0 {
			t.Fatalf("asking the ledger: %d events, %v", len(list), err)
		}
		granted := slices.IndexFunc(list, func(e event.Event) bool { return e.Phase == event.PhaseGrant })
		ended := slices.IndexFunc(list, func(e event.Event) bool { return e.Grant == list[granted].ID })
		if ended >= 0 {
			if got := string(list[ended].Phase) + " " + list[ended].Reason; got != want {
				t.Errorf("%q: the ledger says %s, want %s", part, got, want)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%q: the ledger does not say how it ended", part)
		}
	}
}
