package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/crypto/keyring"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/objects"
	"github.com/bordereau/bordereau/gateway/s3/s3test"
	"github.com/bordereau/bordereau/policy"
)

// aging is a store whose objects have the age of the test's clock. A test can hook into
// its listings and puts.
type aging struct {
	gateway.Objects
	now func() time.Time

	mu       sync.Mutex
	put      map[string]time.Time
	listing  func(prefix string)    // called before a listing
	hidden   map[string]bool        // keys that a listing by folder does not show yet
	afterPut func(key string) error // called when an object is there and its caller does not know it yet
	deleted  func(key string)       // called before one is deleted
	refuses  error                  // of a Delete
	parts    []gateway.ObjectInfo   // additional unfinished uploads
	dropped  []string               // of parts
}

func (a *aging) Put(ctx context.Context, key string, body io.Reader, size int64) error {
	err := a.Objects.Put(ctx, key, body, size)
	a.mu.Lock()
	a.put[key] = a.now()
	after := a.afterPut
	a.mu.Unlock()
	if err == nil && after != nil {
		err = after(key)
	}
	return err
}

func (a *aging) List(ctx context.Context, prefix, after string) iter.Seq2[gateway.ObjectInfo, error] {
	a.mu.Lock()
	listing := a.listing
	a.mu.Unlock()
	if listing != nil {
		listing(prefix)
	}
	return func(yield func(gateway.ObjectInfo, error) bool) {
		for o, err := range a.Objects.List(ctx, prefix, after) {
			a.mu.Lock()
			o.Modified = a.put[o.Key]
			hidden := a.hidden[o.Key] && prefix != o.Key
			a.mu.Unlock()
			if !hidden && !yield(o, err) {
				return
			}
		}
	}
}

func (a *aging) Delete(ctx context.Context, key string) error {
	if a.deleted != nil {
		a.deleted(key)
	}
	if a.refuses != nil {
		return a.refuses
	}
	return a.Objects.Delete(ctx, key)
}

func (a *aging) SweepUnfinished(_ context.Context, _ string, drop func(gateway.ObjectInfo) (bool, error)) error {
	for _, part := range a.parts {
		dropped, err := drop(part)
		if err != nil {
			return err
		}
		if dropped {
			a.dropped = append(a.dropped, part.Key)
		}
	}
	return nil
}

// aged makes a world on a database, over a store with ages.
func aged(t *testing.T, c gatewaytest.Config) (*gatewaytest.World, *aging) {
	t.Helper()
	var house *gatewaytest.House
	if c.Objects == nil {
		folder, err := objects.OpenFolder(t.Context(), objects.FolderConfig{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { folder.Close() })
		c.Objects = folder
	}
	store := &aging{Objects: c.Objects, put: map[string]time.Time{}, hidden: map[string]bool{}, now: func() time.Time { return house.Clock.Now() }}
	c.Objects = store
	house = gatewaytest.New(t, c)
	return house.World(t), store
}

// eachStore runs a test on both databases, over a folder and over a bucket.
func eachStore(t *testing.T, f func(t *testing.T, w *gatewaytest.World, store *aging)) {
	t.Helper()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w, store := aged(t, gatewaytest.Config{Database: db})
		f(t, w, store)
	})
	t.Run("s3", func(t *testing.T) {
		bucket, err := objects.OpenS3(t.Context(), s3test.Start(t).Config())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { bucket.Close() })
		w, store := aged(t, gatewaytest.Config{Objects: bucket})
		f(t, w, store)
	})
}

// fsck compares, and returns its findings in short.
func fsck(t *testing.T, w *gatewaytest.World, c gateway.StoreCheck) (found []string, report gateway.StoreReport) {
	t.Helper()
	report, err := w.Gateway.LocalCheckStore(t.Context(), c, func(f gateway.Finding) {
		found = append(found, string(f.Kind)+" "+string(f.State)+" "+f.Object)
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return found, report
}

func wantFound(t *testing.T, w *gatewaytest.World, c gateway.StoreCheck, want ...string) gateway.StoreReport {
	t.Helper()
	found, report := fsck(t, w, c)
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("%+v found (-want +got):\n%s", c, diff)
	}
	return report
}

// put puts objects into the store, past the gateway.
func put(t *testing.T, store gateway.Objects, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if err := store.Put(t.Context(), key, strings.NewReader("sealed"), 6); err != nil {
			t.Fatal(err)
		}
	}
}

func wantObjects(t *testing.T, store gateway.Objects, keys ...string) {
	t.Helper()
	for _, key := range keys {
		body, _, err := store.Get(t.Context(), key, 0)
		if err != nil {
			t.Errorf("%s: %v", key, err)
			continue
		}
		body.Close()
	}
}

// sweeps returns the events of removed objects in a ledger.
func sweeps(t *testing.T, w *gatewaytest.World, ledger string) (found []string) {
	t.Helper()
	a, err := w.Gateway.LocalAsk(t.Context(), ledger, gateway.LedgerQuestion{Query: gateway.EventQuery{
		Action: event.Action(policy.ActionObjectSweep), Limit: 500}})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range a.Events {
		found = append(found, e.Actor+" "+e.Auth+" "+e.Reason+" "+e.Private["object"])
	}
	return found
}

const (
	orphan = "d/ab/abcdefghijklmnopqrstuvwxyz"
	later  = "d/zz/zz7777777777777777777777zz"
)

func TestAStoreThatIsInOrder(t *testing.T) {
	eachStore(t, func(t *testing.T, w *gatewaytest.World, store *aging) {
		_, documents := w.Sent(t, 4)
		if _, err := w.Gateway.EraseDocument(t.Context(), w.Manager, documents[0].ID, "gone"); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(1000 * 24 * time.Hour)
		want := gateway.StoreReport{Documents: 3, Objects: 3}
		if report := wantFound(t, w, gateway.StoreCheck{}); report != want {
			t.Errorf("report %+v", report)
		}
		want.Read = 3
		if report := wantFound(t, w, gateway.StoreCheck{Read: true, Repair: true}); report != want || !report.OK() {
			t.Errorf("report %+v", report)
		}
	})
}

// An orphan is removed and recorded when no backup can know it any more. Unknown keys
// stay.
func TestOrphansAreRemoved(t *testing.T) {
	eachStore(t, func(t *testing.T, w *gatewaytest.World, store *aging) {
		w.Sent(t, 1)
		others := []string{"d/ab/ab", "d/ab/xbcdefghijklmnopqrstuvwxyz", "d/ab/x/abcdefghijklmnopqrstuvwxyz", "d/zz9/x", "j/else", "x/y"}
		put(t, store, append(others, orphan)...)
		kept := []string{"unknown-key kept d/ab/ab", "unknown-key kept d/ab/x/abcdefghijklmnopqrstuvwxyz", "unknown-key kept d/ab/xbcdefghijklmnopqrstuvwxyz",
			"unknown-key kept d/zz9/x"}
		if _, err := w.Gateway.LocalCheckStore(t.Context(), gateway.StoreCheck{}, func(gateway.Finding) {}, nil); err == nil {
			t.Error("a journal that holds something else was not told")
		}
		if err := store.Delete(t.Context(), "j/else"); err != nil {
			t.Fatal(err)
		}
		others = append(others[:4], "x/y")

		sorted := func(state string) []string {
			return []string{kept[0], "unreferenced " + state + " " + orphan, kept[1], kept[2], kept[3]}
		}
		w.Clock.Advance(70*24*time.Hour - time.Second)
		report := wantFound(t, w, gateway.StoreCheck{Repair: true}, sorted("waiting")...)
		if !report.OK() {
			t.Errorf("waiting is not wrong: %+v", report)
		}
		w.Clock.Advance(time.Second)
		if report := wantFound(t, w, gateway.StoreCheck{}, sorted("due")...); report.OK() || report.Due != 1 {
			t.Errorf("report %+v", report)
		}
		wantObjects(t, store, append(others, orphan)...)
		if got := sweeps(t, w, event.Operator); len(got) != 0 {
			t.Errorf("recorded: %q", got)
		}
		if report := wantFound(t, w, gateway.StoreCheck{Repair: true}, sorted("removed")...); !report.OK() || report.Removed != 1 {
			t.Errorf("report %+v", report)
		}
		wantNoObject(t, w, orphan)
		wantObjects(t, store, others...)
		if diff := cmp.Diff([]string{"system local unreferenced " + orphan}, sweeps(t, w, event.Operator)); diff != "" {
			t.Errorf("recorded (-want +got):\n%s", diff)
		}
	})
}

func TestGrace(t *testing.T) {
	w, store := aged(t, gatewaytest.Config{})
	put(t, store, orphan)
	w.Clock.Advance(25 * time.Hour)
	var invalid *gateway.Invalid
	if _, err := w.Gateway.LocalCheckStore(t.Context(), gateway.StoreCheck{Repair: true, Grace: time.Hour}, nil, nil); !errors.As(err, &invalid) {
		t.Errorf("a grace of an hour: %v", err)
	}
	wantFound(t, w, gateway.StoreCheck{Repair: true, Grace: 26 * time.Hour}, "unreferenced waiting "+orphan)
	wantFound(t, w, gateway.StoreCheck{Repair: true, Grace: 25 * time.Hour}, "unreferenced removed "+orphan)
}

// An upload runs for a hundred days and its object is there already. The object is never
// removed.
func TestAnUploadThatRunsIsLeftAlone(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w, store := aged(t, gatewaytest.Config{Database: db})
		stored, release := make(chan string), make(chan struct{})
		store.afterPut = func(key string) error { stored <- key; <-release; return nil }
		batch, content := w.Open(t, "lot-1"), gatewaytest.Content("slow", 5000)
		result := make(chan error)
		go func() {
			_, _, err := w.Gateway.Upload(t.Context(), w.System, gatewaytest.Incoming(batch, "slow", content), bytes.NewReader(content))
			result <- err
		}()
		key := reached(t, stored, result)
		store.parts = []gateway.ObjectInfo{{Key: key, Modified: w.Clock.Now()}} // it still sends more of them
		w.Clock.Advance(100 * 24 * time.Hour)
		wantFound(t, w, gateway.StoreCheck{Repair: true})
		if err := w.Gateway.SweepStore(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantObjects(t, store, key)
		if len(store.dropped) > 0 {
			t.Error("the parts of an upload that runs were dropped")
		}
		close(release)
		if err := <-result; err != nil {
			t.Errorf("the upload: %v", err)
		}
		store.parts = nil
		if report := wantFound(t, w, gateway.StoreCheck{Read: true}); report.Read != 1 {
			t.Errorf("report %+v", report)
		}
	})
}

// This is the worst moment: the upload begins and stores its object while the store is
// being listed, and the store's clock is far behind.
func TestAnUploadDuringTheListing(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w, store := aged(t, gatewaytest.Config{Database: db})
		_, documents := w.Sent(t, 1)
		w.Clock.Advance(100 * 24 * time.Hour)
		for key, repair := range map[string]bool{orphan: false, later: true} {
			once := sync.OnceFunc(func() {
				execute(t, w, `INSERT INTO document SELECT 'd_`+key+`', batch, contract, version, '`+key+`', class, media_type, charset, 'receiving', '`+key+`',
					size, digest, sent_by, created, touched, received, swept FROM document WHERE id = '`+string(documents[0].ID)+`'`)
				put(t, store, key)
				store.mu.Lock()
				store.put[key] = w.Clock.Now().AddDate(-1, 0, 0)
				store.mu.Unlock()
			})
			store.listing = func(prefix string) {
				if prefix == "d/" {
					once()
				}
			}
			if found, _ := fsck(t, w, gateway.StoreCheck{Repair: repair}); len(found) > 0 {
				t.Errorf("found %q", found)
			}
			wantObjects(t, store, key)
		}
	})
}

// A document that was received after its folder was listed is looked for again, and is no
// finding.
func TestADocumentThatWasNotListedYet(t *testing.T) {
	w, store := aged(t, gatewaytest.Config{})
	_, documents := w.Sent(t, 1)
	store.hidden[keyOf(t, w, documents[0])] = true
	if report := wantFound(t, w, gateway.StoreCheck{}); report.Documents != 1 {
		t.Errorf("report %+v", report)
	}
}

func TestBodiesThatAreWrong(t *testing.T) {
	eachStore(t, func(t *testing.T, w *gatewaytest.World, store *aging) {
		_, documents := w.Sent(t, 6)
		key := func(i int) string { return keyOf(t, w, documents[i]) }
		_, body := object(t, w, documents[1])
		replace(t, w, key(0), nil)
		replace(t, w, key(1), body[:len(body)-1])
		replace(t, w, key(2), body)
		execute(t, w, "DELETE FROM document_header WHERE document = $1", string(documents[3].ID))
		_, another := object(t, w, documents[4]) // with its header: another document, which opens
		execute(t, w, `UPDATE document_header SET header = (SELECT header FROM document_header WHERE document = $1) WHERE document = $2`,
			string(documents[4].ID), string(documents[5].ID))
		replace(t, w, key(5), another)

		want := map[string]bool{"body-missing wrong " + key(0): true, "body-length wrong " + key(1): true, "header-missing wrong " + key(3): true}
		for _, c := range []gateway.StoreCheck{{Repair: true}, {Read: true}} {
			if c.Read {
				want["body-unreadable wrong "+key(2)], want["body-unreadable wrong "+key(5)] = true, true
			}
			found, report := fsck(t, w, c)
			got := map[string]bool{}
			for _, f := range found {
				got[f] = true
			}
			if diff := cmp.Diff(want, got); diff != "" || report.OK() || report.Wrong != int64(len(want)) {
				t.Errorf("%+v: report %+v, found (-want +got):\n%s", c, report, diff)
			}
		}
		wantObjects(t, store, key(1), key(2), key(3)) // they cannot be repaired, least of all by removing them
	})
}

// Stale objects are removed: bodies that came after the sweeper had stopped to look for
// them, and erased bodies that a restored store brought back.
func TestStaleObjectsAreRemoved(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w, store := aged(t, gatewaytest.Config{Database: db})
		_, documents := w.Sent(t, 2)
		erased, body := object(t, w, documents[0])
		if _, err := w.Gateway.EraseDocument(t.Context(), w.Manager, documents[0].ID, "gone"); err != nil {
			t.Fatal(err)
		}
		abandoned := ""
		store.afterPut = func(key string) error { abandoned = key; return gateway.ErrUnavailable }
		batch, content := w.Open(t, "lot-2"), gatewaytest.Content("lost", 5000)
		if _, _, err := w.Gateway.Upload(t.Context(), w.System, gatewaytest.Incoming(batch, "lost", content), bytes.NewReader(content)); err == nil {
			t.Fatal("an upload that was not stored was received")
		}
		store.afterPut = nil
		put(t, store, abandoned)
		replace(t, w, erased, body)

		// The sweeper still looks for the body.
		wantFound(t, w, gateway.StoreCheck{Repair: true}, "erased removed "+erased)
		w.Clock.Advance(25 * time.Hour)
		if err := w.Gateway.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		put(t, store, abandoned)
		wantFound(t, w, gateway.StoreCheck{}, "abandoned due "+abandoned)
		wantFound(t, w, gateway.StoreCheck{Repair: true}, "abandoned removed "+abandoned)
		wantFound(t, w, gateway.StoreCheck{Repair: true})
		want := []string{"system local abandoned " + abandoned, "system local erased " + erased}
		if diff := cmp.Diff(want, sweeps(t, w, string(w.Client))); diff != "" {
			t.Errorf("in the client's ledger (-want +got):\n%s", diff)
		}
	})
}

// An erased body that a lock of the store keeps is not tried again every day.
func TestAnErasedBodyUnderARetentionLock(t *testing.T) {
	w, store := aged(t, gatewaytest.Config{})
	_, documents := w.Sent(t, 1)
	store.refuses = gateway.ErrObjectRetained
	if _, err := w.Gateway.EraseDocument(t.Context(), w.Manager, documents[0].ID, "gone"); err != nil {
		t.Fatal(err)
	}
	key := keyOf(t, w, documents[0])
	if report := wantFound(t, w, gateway.StoreCheck{}, "erased kept "+key); !report.OK() {
		t.Errorf("report %+v", report)
	}
	if err := w.Gateway.SweepStore(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := sweeps(t, w, string(w.Client)); len(got) > 0 {
		t.Errorf("recorded %q", got)
	}
	if report := wantFound(t, w, gateway.StoreCheck{Repair: true}, "erased wrong "+key); report.OK() {
		t.Errorf("report %+v", report)
	}
	store.refuses = nil
	wantFound(t, w, gateway.StoreCheck{Repair: true}, "erased removed "+key)
}

// A newer build may have made tables that refer to objects. An older build removes none
// of those objects.
func TestReferencesThatThisBuildDoesNotKnow(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w, store := aged(t, gatewaytest.Config{Database: db})
		execute(t, w, "CREATE TABLE later (object_key text)")
		execute(t, w, "INSERT INTO later VALUES ('"+orphan+"')")
		put(t, store, orphan)
		store.parts = []gateway.ObjectInfo{{Key: later, Modified: w.Clock.Now()}}
		w.Clock.Advance(100 * 24 * time.Hour)
		wantFound(t, w, gateway.StoreCheck{Repair: true}, "references-unknown wrong ", "unreferenced kept "+orphan)
		if err := w.Gateway.SweepStore(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantObjects(t, store, orphan)
		if len(store.dropped) > 0 {
			t.Errorf("dropped %q", store.dropped)
		}
	})
}

func TestUnfinishedUploadsAreRemoved(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w, store := aged(t, gatewaytest.Config{Database: db})
		_, documents := w.Sent(t, 1)
		received := keyOf(t, w, documents[0])
		begun := w.Clock.Now()
		w.Clock.Advance(25 * time.Hour)
		store.parts = []gateway.ObjectInfo{{Key: orphan, Modified: begun}, {Key: received, Modified: begun}, {Modified: begun},
			{Key: "d/not/ours", Modified: begun}, {Key: later, Modified: begun.Add(2 * time.Hour)}}
		if report := wantFound(t, w, gateway.StoreCheck{}, "unfinished due "+orphan, "unfinished due "+received, "unfinished due "); report.OK() {
			t.Errorf("report %+v", report)
		}
		if len(store.dropped) > 0 {
			t.Fatalf("dropped %q without a repair", store.dropped)
		}
		wantFound(t, w, gateway.StoreCheck{Repair: true}, "unfinished removed "+orphan, "unfinished removed "+received, "unfinished removed ")
		if diff := cmp.Diff([]string{orphan, received, ""}, store.dropped); diff != "" {
			t.Errorf("dropped (-want +got):\n%s", diff)
		}
		wantObjects(t, store, received)
		if got := sweeps(t, w, event.Operator); len(got) != 3 {
			t.Errorf("recorded %q", got)
		}
	})
}

// After a restore to a time before an erasure, the comparison reports the erasure first.
func TestFsckKnowsForgottenErasures(t *testing.T) {
	w, _ := aged(t, gatewaytest.Config{})
	_, documents := w.Sent(t, 1)
	b := takeBackup(t, w)
	e, err := w.Gateway.EraseDocument(t.Context(), w.Manager, documents[0].ID, "gone")
	if err != nil {
		t.Fatal(err)
	}
	b.restore(t)
	wantFound(t, w, gateway.StoreCheck{}, "erasure-forgotten wrong j/"+string(e.ID)[2:], "body-missing wrong "+keyOf(t, w, documents[0]))
}

// No object is removed before its removal is recorded.
func TestNothingIsRemovedWithoutTheLedger(t *testing.T) {
	w, store := aged(t, gatewaytest.Config{WaitTimeout: 5 * time.Second})
	put(t, store, orphan)
	w.Clock.Advance(100 * 24 * time.Hour)
	w.StopSequencer()
	if err := w.Gateway.SweepStore(t.Context()); !errors.Is(err, gateway.ErrUnavailable) {
		t.Errorf("sweeping without a ledger: %v", err)
	}
	wantObjects(t, store, orphan)
	if _, err := w.Gateway.LocalCheckStore(t.Context(), gateway.StoreCheck{}, nil, nil); !errors.Is(err, gateway.ErrUnavailable) {
		t.Errorf("comparing without a ledger: %v", err)
	}
}

func TestFsckWhileTheStoreIsUnavailable(t *testing.T) {
	w, _ := aged(t, gatewaytest.Config{})
	w.Sent(t, 1)
	w.Objects.SetAway(true)
	for _, c := range []gateway.StoreCheck{{}, {Read: true}, {Repair: true}} {
		if _, err := w.Gateway.LocalCheckStore(t.Context(), c, func(f gateway.Finding) { t.Errorf("found %+v", f) }, nil); !errors.Is(err, gateway.ErrUnavailable) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// One replica at a time sweeps the whole store. The log has what is wrong, without names.
func TestOneGatewaySweepsTheStore(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		var log lockedBuffer
		w, store := aged(t, gatewaytest.Config{Database: db, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		replica := w.Replica(t)
		_, documents := w.Sent(t, 1)
		replace(t, w, keyOf(t, w, documents[0]), nil)
		w.Clock.Advance(100 * 24 * time.Hour)
		sweep := func(h *gatewaytest.House, orphanIsThere bool) {
			t.Helper()
			if err := h.Gateway.SweepStore(t.Context()); err != nil {
				t.Fatal(err)
			}
			_, _, err := store.Get(t.Context(), orphan, 0)
			if (err == nil) != orphanIsThere {
				t.Errorf("the orphan: %v", err)
			}
		}
		old := func() {
			put(t, store, orphan)
			store.put[orphan] = w.Clock.Now().AddDate(-1, 0, 0)
		}
		old()
		sweep(w.House, false)
		old()
		sweep(replica, true) // it was done already
		sweep(w.House, true)
		w.Clock.Advance(24*time.Hour - time.Second)
		sweep(replica, true)
		w.Clock.Advance(time.Second)
		sweep(replica, false)
		if diff := cmp.Diff([]string{"system  unreferenced " + orphan, "system  unreferenced " + orphan}, sweeps(t, w, event.Operator)); diff != "" {
			t.Errorf("recorded (-want +got):\n%s", diff)
		}
		text := log.String()
		if !strings.Contains(text, "finding=body-missing") || !strings.Contains(text, string(documents[0].ID)) || strings.Contains(text, "claim-000") {
			t.Errorf("the log:\n%s", text)
		}
	})
}

// A running gateway sweeps the store by itself.
func TestRunSweepsTheStore(t *testing.T) {
	w, store := aged(t, gatewaytest.Config{})
	root, err := keyring.Load(w.RootFile)
	if err != nil {
		t.Fatal(err)
	}
	put(t, store, orphan)
	w.Clock.Advance(100 * 24 * time.Hour)
	ctx, stop := context.WithCancel(t.Context())
	swept := make(chan string, 1)
	store.deleted = func(key string) { swept <- key; stop() }
	g, err := gateway.New(t.Context(), gateway.Config{Database: w.Database, Ledger: w.Ledger, Objects: store, Root: root,
		Receipts: w.Receipts, Clock: w.Clock.Now, SweepEvery: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if key := <-swept; key != orphan {
		t.Errorf("swept %s", key)
	}
}
