package objects_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"sync"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/bordereau/bordereau/crypto"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/objects"
	"github.com/bordereau/bordereau/gateway/objects/objectstest"
	"github.com/bordereau/bordereau/gateway/objects/objectstest/s3server"
)

func openS3(t testing.TB, c objects.S3Config) *objects.S3 {
	t.Helper()
	store, err := objects.OpenS3(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

// apart is c with a prefix that nobody else uses.
func apart(c objects.S3Config) objects.S3Config {
	c.Prefix = path.Join(c.Prefix, "test-"+strings.ToLower(rand.Text()))
	return c
}

func TestS3Conforms(t *testing.T) {
	server := s3server.Start(t)
	objectstest.Run(t, func(t *testing.T) gateway.Objects { return openS3(t, apart(server.Config())) })
}

func TestS3ConformsWithVersions(t *testing.T) {
	server := s3server.StartVersioned(t)
	objectstest.Run(t, func(t *testing.T) gateway.Objects { return openS3(t, apart(server.Config())) })
}

// TestNamedS3Conforms runs over the server that BORDEREAU_TEST_S3 names.
func TestNamedS3Conforms(t *testing.T) {
	config := s3server.Named(t)
	objectstest.Run(t, func(t *testing.T) gateway.Objects {
		store := openS3(t, apart(config))
		t.Cleanup(func() { empty(t, store) })
		return store
	})
}

func empty(t *testing.T, store gateway.Objects) {
	ctx := context.WithoutCancel(t.Context())
	for info, err := range store.List(ctx, "", "") {
		if err == nil {
			err = store.Delete(ctx, info.Key)
		}
		if err != nil {
			t.Errorf("emptying the bucket: %v", err)
		}
	}
}

func BenchmarkS3(b *testing.B) {
	server := s3server.Start(b)
	objectstest.Benchmark(b, func(b *testing.B) gateway.Objects { return openS3(b, apart(server.Config())) })
}

// client looks into a bucket past the store.
func client(t *testing.T, c objects.S3Config) *minio.Core {
	t.Helper()
	core, err := minio.NewCore(c.Endpoint, &minio.Options{
		Creds:  credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""),
		Region: c.Region,
	})
	if err != nil {
		t.Fatal(err)
	}
	return core
}

// wantNoUploads checks that no parts wait in the bucket.
func wantNoUploads(t *testing.T, c objects.S3Config) {
	t.Helper()
	for upload := range client(t, c).ListIncompleteUploads(t.Context(), c.Bucket, "", true) {
		if upload.Err != nil {
			t.Fatal(upload.Err)
		}
		t.Errorf("an upload of %s waits to be completed", upload.Key)
	}
}

// inParts is a store that sends everything it can in parts.
func inParts(t *testing.T, server *s3server.Server) (*objects.S3, objects.S3Config) {
	t.Helper()
	c := apart(server.Config())
	c.LargestPut = 1
	return openS3(t, c), c
}

// pattern gives size bytes in which no block is like another.
func pattern(size int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "%015d\n", i)
	}
	return b.Bytes()[:size]
}

func TestS3SendsLargeBodiesInParts(t *testing.T) {
	store, c := inParts(t, s3server.Start(t))
	for i, size := range []int{2, objects.PartSize, objects.PartSize + 1, 2*objects.PartSize + 77_777} {
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

func TestS3PartsNeverOverwrite(t *testing.T) {
	store, c := inParts(t, s3server.Start(t))
	const size = objects.PartSize + 10
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
		case !errors.Is(err, gateway.ErrObjectExists):
			t.Errorf("writer %d: %v, want ErrObjectExists", i, err)
		}
	}
	if got, err := get(t, store, "race"); won < 0 || err != nil || got != strings.Repeat(string('a'+byte(won)), size) {
		t.Errorf("writer %d won, the object is %d bytes, %v", won, len(got), err)
	}
	wantNoUploads(t, c)
}

// The caller's context ends with the caller, and the parts must go all the same.
func TestS3KeepsNoPartsOfFailedBodies(t *testing.T) {
	store, c := inParts(t, s3server.Start(t))
	const given = objects.PartSize + 100_000
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
			if err := store.Put(ctx, key, body, declared); err == nil || errors.Is(err, gateway.ErrUnavailable) {
				t.Errorf("Put of %d declared as %d that ends with %v = %v", given, declared, end, err)
			}
			cancel()
			if _, err := get(t, store, key); !errors.Is(err, gateway.ErrObjectMissing) {
				t.Errorf("Get after a failed Put = %v, want ErrObjectMissing", err)
			}
		}
	}
	wantNoUploads(t, c)
}

// reader is a body that only fails.
type reader func() error

func (r reader) Read([]byte) (int, error) { return 0, r() }

func TestS3LimitsBodiesOfUnknownSize(t *testing.T) {
	store, c := inParts(t, s3server.Start(t))
	store.LimitParts(2)
	fits, over := pattern(2*objects.PartSize), pattern(2*objects.PartSize+1)
	if err := store.Put(t.Context(), "fits", bytes.NewReader(fits), -1); err != nil {
		t.Errorf("Put of as much as there may be: %v", err)
	}
	err := store.Put(t.Context(), "over", bytes.NewReader(over), -1)
	if !errors.Is(err, gateway.ErrObjectTooLong) || errors.Is(err, gateway.ErrUnavailable) {
		t.Errorf("Put of one byte too many = %v, want ErrObjectTooLong", err)
	}
	// With its size it goes: its parts would be larger.
	if err := store.Put(t.Context(), "declared", bytes.NewReader(fits), int64(len(fits))); err != nil {
		t.Errorf("Put of as much, declared: %v", err)
	}
	if _, err := get(t, store, "over"); !errors.Is(err, gateway.ErrObjectMissing) {
		t.Errorf("Get of what was refused = %v", err)
	}
	wantNoUploads(t, c)
}

// Whatever the size, up to what a document of 5 TiB takes sealed and beyond: no more parts than S3 allows, none larger than
// it allows, none but the last smaller than it allows, and together the body.
func TestS3PartsGrowWithTheBody(t *testing.T) {
	const tebibyte = 1 << 40
	for _, size := range []int64{1, 5<<30 + 1, 10_000 * objects.PartSize, 10_000*objects.PartSize + 1, 5 * tebibyte,
		crypto.SealedSize(5 * tebibyte), 48 * tebibyte} {
		parts := objects.Plan(t, size)
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

// An earlier life of a key may have left versions, markers and parts: one Delete takes them all.
func TestS3DeletesEveryVersion(t *testing.T) {
	c := apart(s3server.StartVersioned(t).Config())
	store, core := openS3(t, c), client(t, c)
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

func versions(t *testing.T, core *minio.Core, c objects.S3Config, name string) int {
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

func TestS3ThatIsAway(t *testing.T) {
	server := s3server.Start(t)
	store := openS3(t, apart(server.Config()))
	mustPut(t, store, "d/object", "sealed")

	server.Stop()
	_, getErr := get(t, store, "d/object")
	var listErr error
	for _, listErr = range store.List(t.Context(), "", "") {
	}
	_, openErr := objects.OpenS3(t.Context(), server.Config())
	for doing, err := range map[string]error{
		"Put":                 store.Put(t.Context(), "d/other", strings.NewReader("x"), 1),
		"Put of unknown size": store.Put(t.Context(), "d/other", strings.NewReader("x"), -1),
		"Get":                 getErr,
		"Delete":              store.Delete(t.Context(), "d/object"),
		"List":                listErr,
		"OpenS3":              openErr,
	} {
		if !errors.Is(err, gateway.ErrUnavailable) {
			t.Errorf("%s while the server is away = %v, want ErrUnavailable", doing, err)
		}
	}

	server.Restart()
	if got, err := get(t, store, "d/object"); err != nil || got != "sealed" {
		t.Errorf("after its return: %q, %v", got, err)
	}
	mustPut(t, store, "d/other", "sealed")
}

func TestOpenS3SaysWhatIsWrong(t *testing.T) {
	good := s3server.Start(t).Config()
	for name, test := range map[string]struct {
		change func(*objects.S3Config)
		want   string
	}{
		"no endpoint":     {func(c *objects.S3Config) { c.Endpoint = "" }, "Endpoint"},
		"a URL":           {func(c *objects.S3Config) { c.Endpoint = "http://" + c.Endpoint }, "without scheme"},
		"no bucket":       {func(c *objects.S3Config) { c.Bucket = "" }, "no Bucket"},
		"another bucket":  {func(c *objects.S3Config) { c.Bucket = "other" }, "bucket does not exist"},
		"half a key":      {func(c *objects.S3Config) { c.SecretKey = "" }, "go together"},
		"a wrong secret":  {func(c *objects.S3Config) { c.SecretKey = "wrong-secret" }, "looking for the bucket"},
		"a token alone":   {func(c *objects.S3Config) { c.AccessKey, c.SecretKey, c.SessionToken = "", "", "t" }, "SessionToken"},
		"a bad prefix":    {func(c *objects.S3Config) { c.Prefix = "../x" }, "Prefix"},
		"a slashed one":   {func(c *objects.S3Config) { c.Prefix = "x/" }, "Prefix"},
		"a large put":     {func(c *objects.S3Config) { c.LargestPut = 6 << 30 }, "LargestPut"},
		"no CA file":      {func(c *objects.S3Config) { c.CAFile = "absent.pem" }, "CAFile"},
		"an empty CAFile": {func(c *objects.S3Config) { c.CAFile = "doc.go" }, "no certificate"},
	} {
		c := good
		test.change(&c)
		_, err := objects.OpenS3(t.Context(), c)
		if err == nil || !strings.Contains(err.Error(), test.want) || errors.Is(err, gateway.ErrUnavailable) {
			t.Errorf("%s: OpenS3 = %v, want an error that says %q", name, err, test.want)
		}
	}
}

// A bucket that locks whatever comes takes objects, in one request and in parts, and gives them. To delete one it refuses,
// which is not the same as being away.
func TestS3InABucketThatLocks(t *testing.T) {
	server := s3server.StartLocked(t)
	server.LockAll(1)
	whole := openS3(t, apart(server.Config()))
	parts, _ := inParts(t, server)
	for _, store := range []*objects.S3{whole, parts} {
		for _, size := range []int64{9, -1} {
			key := fmt.Sprintf("d/object%d", size+1)
			if err := store.Put(t.Context(), key, strings.NewReader("sealed it"), size); err != nil {
				t.Fatal(err)
			}
			if got, err := get(t, store, key); err != nil || got != "sealed it" {
				t.Errorf("Get = %q, %v", got, err)
			}
			if err := store.Put(t.Context(), key, strings.NewReader("x"), 1); !errors.Is(err, gateway.ErrObjectExists) {
				t.Errorf("Put over it = %v, want ErrObjectExists", err)
			}
			if err := store.Delete(t.Context(), key); err == nil || errors.Is(err, gateway.ErrUnavailable) {
				t.Errorf("Delete = %v, want a refusal", err)
			}
			if got, err := get(t, store, key); err != nil || got != "sealed it" {
				t.Errorf("Get after Delete = %q, %v", got, err)
			}
		}
	}
}

// A version that may not be deleted protects only itself.
func TestS3DeletesBesideALockedVersion(t *testing.T) {
	server := s3server.StartLocked(t)
	store := openS3(t, server.Config())
	mustPut(t, store, "d/object", "sealed")
	server.Hold("d/object", true)
	server.Overwrite("d/object", []byte("second"))
	server.Overwrite("d/object", []byte("third"))
	server.Hold("d/object", true)
	for _, left := range []int{2, 2, 1} { // without the second; once more changes nothing; without the third
		if left == 1 {
			server.Hold("d/object", false)
		}
		if err := store.Delete(t.Context(), "d/object"); err == nil || errors.Is(err, gateway.ErrUnavailable) {
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
