package s3_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/minio/minio-go/v7"

	"github.com/bordereau/bordereau/crypto"
	"github.com/bordereau/bordereau/gateway/s3"
	"github.com/bordereau/bordereau/gateway/s3/s3test"
)

// open opens a bucket until the test ends.
func open(t testing.TB, c s3.Config) *s3.Bucket {
	t.Helper()
	b, err := s3.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func mustPut(t testing.TB, b *s3.Bucket, name, body string) {
	t.Helper()
	if err := b.Put(t.Context(), name, strings.NewReader(body), int64(len(body))); err != nil {
		t.Fatalf("Put %s: %v", name, err)
	}
}

func get(t testing.TB, b *s3.Bucket, name string) (string, error) {
	t.Helper()
	body, _, err := b.Get(t.Context(), name, 0)
	if err != nil {
		return "", err
	}
	defer body.Close()
	got, err := io.ReadAll(body)
	return string(got), err
}

// wantNoUploads checks that no parts wait in the bucket.
func wantNoUploads(t *testing.T, c s3.Config) {
	t.Helper()
	for upload := range s3test.Client(t, c).ListIncompleteUploads(t.Context(), c.Bucket, "", true) {
		if upload.Err != nil {
			t.Fatal(upload.Err)
		}
		t.Errorf("an upload of %s waits to be completed", upload.Key)
	}
}

// inParts is a store that sends everything it can in parts.
func inParts(t *testing.T, server *s3test.Server) (*s3.Bucket, s3.Config) {
	t.Helper()
	c := s3test.Apart(server.Config())
	c.LargestPut = 1
	return open(t, c), c
}

// pattern gives size bytes in which no block is like another.
func pattern(size int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "%015d\n", i)
	}
	return b.Bytes()[:size]
}

func TestBucketSendsLargeBodiesInParts(t *testing.T) {
	store, c := inParts(t, s3test.Start(t))
	for i, size := range []int{2, s3.PartSize, s3.PartSize + 1, 2*s3.PartSize + 77_777} {
		want := pattern(size)
		for _, declared := range []int64{int64(size), -1} {
			key := fmt.Sprintf("d/%d/%d", i, declared+1)
			if err := store.Put(t.Context(), key, bytes.NewReader(want), declared); err != nil {
				t.Errorf("Put of %d bytes declared as %d: %v", size, declared, err)
				continue
			}
			if got, err := get(t, store, key); err != nil || got != string(want) {
				t.Errorf("Get of %d bytes: %d bytes, the same: %v, %v", size, len(got), got == string(want), err)
			}
		}
	}
	wantNoUploads(t, c)
}

func TestBucketPartsNeverOverwrite(t *testing.T) {
	store, c := inParts(t, s3test.Start(t))
	const size = s3.PartSize + 10
	results := make([]error, 4)
	var group sync.WaitGroup
	for i := range results {
		group.Go(func() {
			results[i] = store.Put(t.Context(), "race", bytes.NewReader(bytes.Repeat([]byte{'a' + byte(i)}, size)), []int64{size, -1}[i%2])
		})
	}
	group.Wait()
	won := -1
	for i, err := range results {
		switch {
		case err == nil && won >= 0:
			t.Fatalf("writers %d and %d both won", won, i)
		case err == nil:
			won = i
		case !errors.Is(err, s3.ErrExists):
			t.Errorf("writer %d: %v, want ErrExists", i, err)
		}
	}
	if got, err := get(t, store, "race"); won < 0 || err != nil || got != strings.Repeat(string('a'+byte(won)), size) {
		t.Errorf("writer %d won, the object is %d bytes, %v", won, len(got), err)
	}
	wantNoUploads(t, c)
}

// The caller's context ends with the caller, and the parts must go all the same.
func TestBucketKeepsNoPartsOfFailedBodies(t *testing.T) {
	store, c := inParts(t, s3test.Start(t))
	const given = s3.PartSize + 100_000
	cause := errors.New("reset")
	for i, end := range []error{io.EOF, cause, io.ErrUnexpectedEOF, context.Canceled} {
		for _, declared := range []int64{given + 1, given - 1, -1} {
			if end == io.EOF && declared < 0 {
				continue // a good body
			}
			ctx, cancel := context.WithCancel(t.Context())
			body := io.MultiReader(bytes.NewReader(pattern(given)), reader(func() error {
				if end == context.Canceled {
					cancel()
				}
				return end
			}))
			key := fmt.Sprintf("d/%d/%d", i, declared+1)
			if err := store.Put(ctx, key, body, declared); err == nil || errors.Is(err, s3.ErrUnavailable) {
				t.Errorf("Put of %d declared as %d that ends with %v = %v", given, declared, end, err)
			}
			cancel()
			if _, err := get(t, store, key); !errors.Is(err, s3.ErrMissing) {
				t.Errorf("Get after a failed Put = %v, want ErrMissing", err)
			}
		}
	}
	wantNoUploads(t, c)
}

// reader is a body that only fails.
type reader func() error

func (r reader) Read([]byte) (int, error) { return 0, r() }

func TestBucketLimitsBodiesOfUnknownSize(t *testing.T) {
	store, c := inParts(t, s3test.Start(t))
	store.LimitParts(2)
	fits, over := pattern(2*s3.PartSize), pattern(2*s3.PartSize+1)
	if err := store.Put(t.Context(), "fits", bytes.NewReader(fits), -1); err != nil {
		t.Errorf("Put of as much as there may be: %v", err)
	}
	err := store.Put(t.Context(), "over", bytes.NewReader(over), -1)
	if !errors.Is(err, s3.ErrTooLong) || errors.Is(err, s3.ErrUnavailable) {
		t.Errorf("Put of one byte too many = %v, want ErrTooLong", err)
	}
	// With its size it goes: its parts would be larger.
	if err := store.Put(t.Context(), "declared", bytes.NewReader(fits), int64(len(fits))); err != nil {
		t.Errorf("Put of as much, declared: %v", err)
	}
	if _, err := get(t, store, "over"); !errors.Is(err, s3.ErrMissing) {
		t.Errorf("Get of what was refused = %v", err)
	}
	wantNoUploads(t, c)
}

// Whatever the size, up to what a document of 5 TiB takes sealed and beyond: no more
// parts than S3 allows, none larger than it allows, none but the last smaller than it
// allows, and together the body.
func TestBucketPartsGrowWithTheBody(t *testing.T) {
	const tebibyte = 1 << 40
	for _, size := range []int64{1, 5<<30 + 1, 10_000 * s3.PartSize, 10_000*s3.PartSize + 1, 5 * tebibyte,
		crypto.SealedSize(5 * tebibyte), 48 * tebibyte} {
		parts := s3.Plan(t, size)
		var sum int64
		for i, part := range parts {
			sum += part
			if last := i == len(parts)-1; part > 5<<30 || part < 5<<20 && !last || part > parts[0] {
				t.Fatalf("%d bytes: part %d of %d is %d bytes", size, i+1, len(parts), part)
			}
		}
		if sum != size || len(parts) > 10_000 {
			t.Errorf("%d bytes go in %d parts of together %d", size, len(parts), sum)
		}
	}
}

// An earlier life of a key may have left versions, markers and parts: one Delete takes
// them all.
func TestBucketDeletesEveryVersion(t *testing.T) {
	c := s3test.Apart(s3test.StartVersioned(t).Config())
	store, core := open(t, c), s3test.Client(t, c)
	name := c.Prefix + "/d/object"
	for range 3 {
		body := strings.NewReader("sealed")
		if _, err := core.Client.PutObject(t.Context(), c.Bucket, name, body, body.Size(), minio.PutObjectOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := core.RemoveObject(t.Context(), c.Bucket, name, minio.RemoveObjectOptions{}); err != nil {
			t.Fatal(err) // hides it behind a marker
		}
	}
	mustPut(t, store, "d/object2", "other") // a listing by prefix gives it too
	if _, err := core.NewMultipartUpload(t.Context(), c.Bucket, name, minio.PutObjectOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := versions(t, core, c, name); got != 6 {
		t.Fatalf("there are %d versions and markers, want 6", got)
	}

	if err := store.Delete(t.Context(), "d/object"); err != nil {
		t.Fatal(err)
	}
	if got := versions(t, core, c, name); got != 0 {
		t.Errorf("after Delete %d versions and markers are left", got)
	}
	wantNoUploads(t, c)
	if got, err := get(t, store, "d/object2"); err != nil || got != "other" {
		t.Errorf("the other object: %q, %v", got, err)
	}
}

func versions(t *testing.T, core *minio.Core, c s3.Config, name string) int {
	t.Helper()
	n := 0
	o := minio.ListObjectsOptions{Prefix: name, Recursive: true, WithVersions: true}
	for info := range core.ListObjectsIter(t.Context(), c.Bucket, o) {
		if info.Err != nil {
			t.Fatal(info.Err)
		}
		if info.Key == name {
			n++
		}
	}
	return n
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	good := s3test.Start(t).Config()
	for name, test := range map[string]struct {
		change func(*s3.Config)
		want   string
	}{
		"no endpoint":     {func(c *s3.Config) { c.Endpoint = "" }, "Endpoint"},
		"a URL":           {func(c *s3.Config) { c.Endpoint = "http://" + c.Endpoint }, "without scheme"},
		"no bucket":       {func(c *s3.Config) { c.Bucket = "" }, "no Bucket"},
		"another bucket":  {func(c *s3.Config) { c.Bucket = "other" }, "bucket does not exist"},
		"half a key":      {func(c *s3.Config) { c.SecretKey = "" }, "go together"},
		"a wrong secret":  {func(c *s3.Config) { c.SecretKey = "wrong-secret" }, "looking for the bucket"},
		"a token alone":   {func(c *s3.Config) { c.AccessKey, c.SecretKey, c.SessionToken = "", "", "t" }, "SessionToken"},
		"a bad prefix":    {func(c *s3.Config) { c.Prefix = "../x" }, "Prefix"},
		"a slashed one":   {func(c *s3.Config) { c.Prefix = "x/" }, "Prefix"},
		"a large put":     {func(c *s3.Config) { c.LargestPut = 6 << 30 }, "LargestPut"},
		"no CA file":      {func(c *s3.Config) { c.CAFile = "absent.pem" }, "CAFile"},
		"an empty CAFile": {func(c *s3.Config) { c.CAFile = "doc.go" }, "no certificate"},
	} {
		c := good
		test.change(&c)
		_, err := s3.Open(t.Context(), c)
		if err == nil || !strings.Contains(err.Error(), test.want) || errors.Is(err, s3.ErrUnavailable) {
			t.Errorf("%s: Open = %v, want an error that says %q", name, err, test.want)
		}
	}
}

// A bucket that locks whatever comes takes objects, in one request and in parts, and
// gives them. To delete one it refuses, which is not the same as being away.
func TestBucketInABucketThatLocks(t *testing.T) {
	server := s3test.StartLocked(t)
	server.LockAll(1)
	whole := open(t, s3test.Apart(server.Config()))
	parts, _ := inParts(t, server)
	for _, store := range []*s3.Bucket{whole, parts} {
		for _, size := range []int64{9, -1} {
			key := fmt.Sprintf("d/object%d", size+1)
			if err := store.Put(t.Context(), key, strings.NewReader("sealed it"), size); err != nil {
				t.Fatal(err)
			}
			if got, err := get(t, store, key); err != nil || got != "sealed it" {
				t.Errorf("Get = %q, %v", got, err)
			}
			if err := store.Put(t.Context(), key, strings.NewReader("x"), 1); !errors.Is(err, s3.ErrExists) {
				t.Errorf("Put over it = %v, want ErrExists", err)
			}
			if err := store.Delete(t.Context(), key); err == nil || errors.Is(err, s3.ErrUnavailable) {
				t.Errorf("Delete = %v, want a refusal", err)
			}
			if got, err := get(t, store, key); err != nil || got != "sealed it" {
				t.Errorf("Get after Delete = %q, %v", got, err)
			}
		}
	}
}

// A version that may not be deleted protects only itself.
func TestBucketDeletesBesideALockedVersion(t *testing.T) {
	server := s3test.StartLocked(t)
	store := open(t, server.Config())
	mustPut(t, store, "d/object", "sealed")
	server.Hold("d/object", true)
	server.Overwrite("d/object", []byte("second"))
	server.Overwrite("d/object", []byte("third"))
	server.Hold("d/object", true)
	for _, left := range []int{2, 2, 1} { // without the second; once more changes nothing; without the third
		if left == 1 {
			server.Hold("d/object", false)
		}
		if err := store.Delete(t.Context(), "d/object"); err == nil || errors.Is(err, s3.ErrUnavailable) {
			t.Errorf("Delete = %v, want a refusal", err)
		}
		if got := server.Versions("d/object"); len(got) != left {
			t.Errorf("%d versions are left, want %d", len(got), left)
		}
	}
	server.Hold("d/object", false)
	if err := store.Delete(t.Context(), "d/object"); err != nil {
		t.Error(err)
	}
	if got := server.Versions("d/object"); len(got) != 0 {
		t.Errorf("versions are left: %v", got)
	}
}
