package logbucket_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/gateway/logbucket"
	"github.com/bordereau/bordereau/gateway/s3/s3test"
)

// What is published to a log bucket is read as folders: part of a listing at a time,
// whole files, and what is not there is not there.
func TestReader(t *testing.T) {
	needs.Parallel(t)
	for name, start := range map[string]func(testing.TB) *s3test.Server{"plain": s3test.Start, "with Object Lock": s3test.StartLocked} {
		t.Run(name, func(t *testing.T) {
			server := start(t)
			c := s3test.Apart(server.Config())
			bucket := openBucket(t, logbucket.Config{Config: c})
			for _, name := range []string{"checkpoint", "checkpoints/1", "checkpoints/2", "checkpoints/3", "2/checkpoints/4", "tile/0/000"} {
				mustCreate(t, bucket, ledger+"/"+name, "of "+name)
			}
			server.Overwrite(c.Prefix+"/"+ledger+"/checkpoints/2", []byte("of checkpoints/2"))
			reader, err := logbucket.OpenReader(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			defer reader.Close()
			shown, err := fs.Sub(reader, ledger)
			if err != nil {
				t.Fatal(err)
			}
			for folder, want := range map[string][][]string{
				".":           {{"checkpoint", "2/"}, {"checkpoints/", "tile/"}, nil},
				"checkpoints": {{"1", "2"}, {"3"}, nil}, "2/checkpoints": {{"4"}, nil}, "keys": {nil},
			} {
				if diff := cmp.Diff(want, listedBy(t, shown, folder, 2)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", folder, diff)
				}
			}
			if data, err := fs.ReadFile(shown, "tile/0/000"); err != nil || string(data) != "of tile/0/000" {
				t.Errorf("read %q, %v", data, err)
			}
			if _, err := shown.Open("tile/0/001"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("what is not there: %v", err)
			}
			for _, name := range []string{"../" + ledger + "/checkpoint", "/checkpoint", "tile//0"} {
				if _, err := shown.Open(name); !errors.Is(err, fs.ErrInvalid) {
					t.Errorf("%s: %v", name, err)
				}
			}
			if err := reader.Err(); err != nil {
				t.Errorf("something could not be read: %v", err)
			}
			server.Stop()
			if _, err := shown.Open("tile/0/000"); err == nil || errors.Is(err, fs.ErrNotExist) || reader.Err() == nil {
				t.Errorf("when the server is away: %v, %v", err, reader.Err())
			}
		})
	}
}

// listedBy lists a folder so many names at a time; those of folders end in a slash.
func listedBy(t *testing.T, fsys fs.FS, folder string, n int) (lists [][]string) {
	t.Helper()
	f, err := fsys.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for {
		entries, err := f.(fs.ReadDirFile).ReadDir(n)
		var names []string
		for _, e := range entries {
			name := e.Name()
			if e.IsDir() {
				name += "/"
			}
			names = append(names, name)
		}
		lists = append(lists, names)
		if err == io.EOF {
			return lists
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A server that does not know Object Lock has none. One that does not say is not taken
// for that: what lies over the history would be read.
func TestReaderAsksForTheLock(t *testing.T) {
	for status, code := range map[int]string{501: "NotImplemented", 404: "ObjectLockConfigurationNotFoundError", 403: "AccessDenied", 200: "InternalError"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Has("object-lock") {
				w.WriteHeader(status)
				fmt.Fprintf(w, "<Error><Code>%s</Code></Error>", code)
			}
		}))
		t.Cleanup(server.Close)
		reader, err := logbucket.OpenReader(t.Context(), s3test.ConfigOf(server))
		if good := status == 501 || status == 404; (err == nil) != good {
			t.Errorf("%d %s: %v", status, code, err)
		}
		if err == nil {
			reader.Close()
		} else if strings.Contains(err.Error(), "very-secret") {
			t.Errorf("it tells the key: %v", err)
		}
	}
}
