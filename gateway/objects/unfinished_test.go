package objects_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/minio/minio-go/v7"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/objects"
	"github.com/bordereau/bordereau/gateway/s3/s3test"
)

// sweep shows what is unfinished under a prefix, and drops those with the given keys.
func sweep(t *testing.T, store gateway.Unfinished, prefix string, drop ...string) map[string]time.Time {
	t.Helper()
	found := map[string]time.Time{}
	err := store.SweepUnfinished(t.Context(), prefix, func(o gateway.ObjectInfo) (bool, error) {
		found[o.Key] = o.Modified
		for _, key := range drop {
			if o.Key == key {
				return true, nil
			}
		}
		return false, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func keys[V any](m map[string]V) map[string]bool {
	found := map[string]bool{}
	for key := range m {
		found[key] = true
	}
	return found
}

func TestS3SweepsUploadsThatNeverEnded(t *testing.T) {
	c := s3test.Apart(s3test.Start(t).Config())
	store, core := openS3(t, c), s3test.Client(t, c)
	mustPut(t, store, "d/aa/whole", "sealed")
	began := time.Now().Add(-time.Minute)
	for _, name := range []string{c.Prefix + "/d/aa/one", c.Prefix + "/d/bb/two", c.Prefix + "/d/bb/two", c.Prefix + "/j/three", "d/elsewhere",
		c.Prefix + "/d/Not.Ours"} {
		upload, err := core.NewMultipartUpload(t.Context(), c.Bucket, name, minio.PutObjectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := core.PutObjectPart(t.Context(), c.Bucket, name, upload, 1, io.LimitReader(zeros{}, 100), 100, minio.PutObjectPartOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	found := sweep(t, store, "d/")
	if diff := cmp.Diff(map[string]bool{"d/aa/one": true, "d/bb/two": true}, keys(found)); diff != "" {
		t.Errorf("unfinished (-want +got):\n%s", diff)
	}
	for key, at := range found {
		if at.Before(began) || at.After(time.Now().Add(time.Minute)) {
			t.Errorf("%s was begun at %v", key, at)
		}
	}
	sweep(t, store, "d/", "d/bb/two")
	if diff := cmp.Diff(map[string]bool{"d/aa/one": true}, keys(sweep(t, store, "d/"))); diff != "" {
		t.Errorf("after the sweep (-want +got):\n%s", diff)
	}
	if got := sweep(t, store, "j/"); len(got) != 1 {
		t.Errorf("of the journal: %v", got)
	}
	if got, err := get(t, store, "d/aa/whole"); err != nil || got != "sealed" {
		t.Errorf("the whole object: %q, %v", got, err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestFolderSweepsWhatAPutLeft(t *testing.T) {
	dir := t.TempDir()
	store, err := objects.OpenFolder(t.Context(), objects.FolderConfig{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	path := filepath.Join(dir, ".incoming", "stray")
	at := time.Now().Add(-time.Hour).Truncate(time.Second)
	if err := errors.Join(os.WriteFile(path, []byte("half"), 0o600), os.Chtimes(path, at, at)); err != nil {
		t.Fatal(err)
	}
	if found := sweep(t, store, "d/"); len(found) != 1 || !found[""].Equal(at) {
		t.Errorf("found %v, want one of %v", found, at)
	}
	failure := errors.New("no")
	err = store.SweepUnfinished(t.Context(), "d/", func(gateway.ObjectInfo) (bool, error) { return true, failure })
	if !errors.Is(err, failure) {
		t.Errorf("drop's error: %v", err)
	}
	sweep(t, store, "d/", "")
	if found := sweep(t, store, "d/"); len(found) != 0 {
		t.Errorf("after the sweep %v", found)
	}
}
