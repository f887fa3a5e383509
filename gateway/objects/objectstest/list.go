package objectstest

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway"
)

func listsInOrder(t *testing.T, store gateway.Objects) {
	wantKeys(t, store, "", "")
	began := time.Now()
	for _, key := range []string{"d/b/2", "d/a1/0", "e", "d/a/9", "d/a0", "d/b/1", "c/zz", "d/a/10"} {
		mustPut(t, store, key, []byte(key))
	}
	all := []string{"c/zz", "d/a/10", "d/a/9", "d/a0", "d/a1/0", "d/b/1", "d/b/2", "e"} // the slash sorts first
	wantKeys(t, store, "", "", all...)
	for i, key := range all {
		wantKeys(t, store, "", key, all[i+1:]...)
	}
	wantKeys(t, store, "d/", "", "d/a/10", "d/a/9", "d/a0", "d/a1/0", "d/b/1", "d/b/2")
	wantKeys(t, store, "d/a", "", "d/a/10", "d/a/9", "d/a0", "d/a1/0")
	wantKeys(t, store, "d/a", "d/a/10", "d/a/9", "d/a0", "d/a1/0")
	wantKeys(t, store, "d/a", "d/a/zzz", "d/a0", "d/a1/0")
	wantKeys(t, store, "d/a", "c", "d/a/10", "d/a/9", "d/a0", "d/a1/0")
	wantKeys(t, store, "d/a", "e")
	wantKeys(t, store, "x", "")
	wantKeys(t, store, "", "zzz")

	for info, err := range store.List(t.Context(), "c/", "") {
		if err != nil {
			t.Fatalf("List: %v", err)
		}
		if info.Size != int64(len("c/zz")) {
			t.Errorf("List says %d bytes, want %d", info.Size, len("c/zz"))
		}
		// A store's clock may be another machine's, and S3 rounds to seconds.
		if info.Modified.Before(began.Add(-time.Hour)) || info.Modified.After(time.Now().Add(time.Hour)) {
			t.Errorf("List says modified %v, want about %v", info.Modified, began)
		}
	}
}

func stopsListing(t *testing.T, store gateway.Objects) {
	for i := range 5 {
		key := fmt.Sprintf("d/%d", i)
		if err := store.Put(t.Context(), key, bytes.NewReader(nil), 0); err != nil {
			t.Fatalf("Put(%q): %v", key, err)
		}
	}
	got := 0
	for _, err := range store.List(t.Context(), "", "") {
		if err != nil {
			t.Fatalf("List: %v", err)
		}
		if got++; got == 2 {
			break
		}
	}
	for range store.List(t.Context(), "x/", "") {
		t.Error("List gives what has another prefix")
	}
	var last error
	for _, err := range store.List(cancelled(t), "", "") {
		last = err
	}
	wantCancelled(t, last)
}
