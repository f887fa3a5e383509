package objectstest

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway"
)

func opensAtOffset(t *testing.T, store gateway.Objects) {
	const size = 200_000
	body := content(1, size)
	mustPut(t, store, "object", body)
	mustPut(t, store, "empty", nil)
	for _, offset := range []int{0, 1, 65536, size - 1, size} {
		wantContent(t, store, "object", int64(offset), body[offset:], size)
	}
	wantContent(t, store, "object", size+1, nil, size)
	wantContent(t, store, "empty", 0, nil, 0)
	wantContent(t, store, "empty", 1, nil, 0)
	if _, _, err := store.Get(t.Context(), "object", -1); err == nil {
		t.Error("Get at offset -1 succeeded")
	}
	if _, _, err := store.Get(t.Context(), "absent", 1); !errors.Is(err, gateway.ErrObjectMissing) {
		t.Errorf("Get of a missing object at an offset = %v, want ErrObjectMissing", err)
	}
	_, _, err := store.Get(cancelled(t), "object", 0)
	wantCancelled(t, err)
}

func closesEarly(t *testing.T, store gateway.Objects) {
	body := content(1, 2<<20)
	mustPut(t, store, "object", body)
	for range 20 {
		reader, _, err := store.Get(t.Context(), "object", 0)
		if err != nil {
			t.Fatalf("Get: %v", err)
		}
		if _, err := io.ReadFull(reader, make([]byte, 10)); err != nil {
			t.Fatalf("reading the first bytes: %v", err)
		}
		if err := reader.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	wantContent(t, store, "object", 0, body, len(body))
}

func knowsMissing(t *testing.T, store gateway.Objects) {
	wantMissing(t, store, "absent")
	mustPut(t, store, "d/ab/object", content(1, 10))
	for _, key := range []string{"d/ab/other", "d/ab", "d", "d/ab/object/below"} {
		if _, _, err := store.Get(t.Context(), key, 0); !errors.Is(err, gateway.ErrObjectMissing) {
			t.Errorf("Get(%q) = %v, want ErrObjectMissing", key, err)
		}
	}
}

func deletes(t *testing.T, store gateway.Objects) {
	if err := store.Delete(t.Context(), "d/absent"); err != nil {
		t.Errorf("Delete of a missing object: %v", err)
	}
	mustPut(t, store, "d/object", content(1, 10))
	mustPut(t, store, "d/objects", content(2, 10)) // the other's key is its beginning
	for range 2 {
		if err := store.Delete(t.Context(), "d/object"); err != nil {
			t.Errorf("Delete: %v", err)
		}
		if _, _, err := store.Get(t.Context(), "d/object", 0); !errors.Is(err, gateway.ErrObjectMissing) {
			t.Errorf("Get after Delete = %v, want ErrObjectMissing", err)
		}
	}
	if err := store.Delete(t.Context(), "d"); err != nil {
		t.Errorf("Delete of a folder, which is no object: %v", err)
	}
	wantContent(t, store, "d/objects", 0, content(2, 10), 10)
	mustPut(t, store, "d/object", content(3, 20)) // the key is free again
	wantContent(t, store, "d/object", 0, content(3, 20), 20)
	wantCancelled(t, store.Delete(cancelled(t), "d/object"))
	wantContent(t, store, "d/object", 0, content(3, 20), 20)
}

func refusesKeys(t *testing.T, store gateway.Objects) {
	for _, key := range []string{
		"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a.b", "A", "é", "a b", "a\x00b", "a\nb", "a%2fb", `a\b`,
		strings.Repeat("a", 201),
	} {
		if err := store.Put(t.Context(), key, strings.NewReader("x"), 1); err == nil {
			t.Errorf("Put(%q) succeeded", key)
		}
		if _, _, err := store.Get(t.Context(), key, 0); err == nil || errors.Is(err, gateway.ErrObjectMissing) {
			t.Errorf("Get(%q) = %v, want a refusal", key, err)
		}
		if err := store.Delete(t.Context(), key); err == nil {
			t.Errorf("Delete(%q) succeeded", key)
		}
	}
	for _, arguments := range [][2]string{{"../", ""}, {"", "../"}, {"A", ""}, {"", "\x00"}} {
		if err := firstError(store, t, arguments[0], arguments[1]); err == nil {
			t.Errorf("List%q succeeded", arguments)
		}
	}
	longest := strings.Repeat("a", 200)
	mustPut(t, store, longest, content(1, 10))
	wantContent(t, store, longest, 0, content(1, 10), 10)
	wantKeys(t, store, "", "", longest)
}

func firstError(store gateway.Objects, t *testing.T, prefix, after string) error {
	for _, err := range store.List(t.Context(), prefix, after) {
		if err != nil {
			return fmt.Errorf("listing: %w", err)
		}
	}
	return nil
}
