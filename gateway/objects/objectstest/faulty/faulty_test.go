package faulty_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/objects"
	"github.com/bordereau/bordereau/gateway/objects/objectstest"
	"github.com/bordereau/bordereau/gateway/objects/objectstest/faulty"
)

func open(t *testing.T) *faulty.Store {
	t.Helper()
	folder, err := objects.OpenFolder(t.Context(), objects.FolderConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { folder.Close() })
	return faulty.New(folder)
}

func put(ctx context.Context, store gateway.Objects, key string) error {
	return store.Put(ctx, key, strings.NewReader("sealed"), 6)
}

func wantBite(t *testing.T, doing string, err error) {
	t.Helper()
	if !errors.Is(err, faulty.ErrBite) || !errors.Is(err, gateway.ErrUnavailable) {
		t.Errorf("%s = %v, want an injected failure", doing, err)
	}
}

func wantStored(t *testing.T, store gateway.Objects, key string, want bool) {
	t.Helper()
	body, _, err := store.Get(t.Context(), key, 0)
	if err == nil {
		body.Close()
	}
	if (err == nil) != want || err != nil && !errors.Is(err, gateway.ErrObjectMissing) {
		t.Errorf("Get(%q) = %v; want it stored: %v", key, err, want)
	}
}

func TestStoreBehavesUntilTold(t *testing.T) {
	objectstest.Run(t, func(t *testing.T) gateway.Objects { return open(t) })
}

func TestNextPutFailsOnce(t *testing.T) {
	for failure, stored := range map[faulty.Failure]bool{faulty.NotStored: false, faulty.Stored: true} {
		store := open(t)
		store.FailNextPut(failure)
		wantBite(t, "Put", put(t.Context(), store, "first"))
		wantStored(t, store, "first", stored)
		if err := put(t.Context(), store, "second"); err != nil {
			t.Errorf("the Put after: %v", err)
		}
	}
}

func TestAwayUntilSetBack(t *testing.T) {
	store := open(t)
	if err := put(t.Context(), store, "kept"); err != nil {
		t.Fatal(err)
	}
	store.SetAway(true)
	wantBite(t, "Put", put(t.Context(), store, "other"))
	_, _, err := store.Get(t.Context(), "kept", 0)
	wantBite(t, "Get", err)
	wantBite(t, "Delete", store.Delete(t.Context(), "kept"))
	for _, err = range store.List(t.Context(), "", "") {
	}
	wantBite(t, "List", err)

	store.SetAway(false)
	wantStored(t, store, "kept", true)
	wantStored(t, store, "other", false)
}

// A Put that is held appears when it is let go, though its caller has gone and the key
// was deleted meanwhile.
func TestHeldPutComesLate(t *testing.T) {
	store := open(t)
	hold := store.HoldNextPut()
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() { result <- put(ctx, store, "late") }()

	<-hold.Reached()
	wantStored(t, store, "late", false)
	cancel()
	if err := store.Delete(t.Context(), "late"); err != nil {
		t.Fatal(err)
	}
	hold.Release()
	hold.Release()
	if err := <-result; err != nil {
		t.Errorf("the held Put: %v", err)
	}
	wantStored(t, store, "late", true)
}
