package objects

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/bordereau/bordereau/gateway"
)

const (
	defaultRegion = "us-east-1"

	// largestPut is what Amazon's S3 takes in one request.
	largestPut = 5 << 30
)

// S3Config says which bucket an S3 keeps its objects in, and how to reach it. It prints without its secrets.
type S3Config struct {
	// Endpoint is the server's host name or address with an optional port, without a scheme: `s3.example.net:9000`.
	Endpoint string

	// Insecure speaks HTTP instead of HTTPS. Bodies are sealed either way, but whoever is on the network can cut or
	// replay requests: for a server on this machine only.
	Insecure bool

	// CAFile is a PEM file with the certificates of private authorities to trust beside the system's own.
	CAFile string

	// Region of the bucket. Default: us-east-1, the name that most servers of one's own answer to.
	Region string

	// Bucket must exist. It may keep versions; Delete removes them all. A process that dies in the middle of a multipart
	// upload leaves its parts behind, which SweepUnfinished finds; a lifecycle rule for them does not know which uploads
	// run still, so give it more days than the longest takes.
	Bucket string

	// Prefix goes before every key, so that one bucket can serve several gateways: parts of `A-Z a-z 0-9 _ -` with
	// slashes between. Default: none.
	Prefix string

	// AccessKey and SecretKey sign requests, with SessionToken when they are temporary. Default: the usual chain: the
	// variables AWS_ACCESS_KEY_ID and so on, the shared credentials file, then the identity of the machine or pod.
	AccessKey    string
	SecretKey    string
	SessionToken string

	// LargestPut is the largest body, in bytes, to send in one request; larger ones go in parts. Lower it where a proxy
	// limits requests. Default: 5 GiB, the limit of Amazon's S3.
	LargestPut int64

	// Logger receives what could not be cleaned up. Nothing is logged when it is nil.
	Logger *slog.Logger
}

// String implements fmt.Stringer, without the secrets.
func (c S3Config) String() string {
	return fmt.Sprintf("bucket %q at %s", c.Bucket, c.Endpoint)
}

// GoString implements fmt.GoStringer, without the secrets.
func (c S3Config) GoString() string { return c.String() }

// LogValue implements slog.LogValuer, without the secrets.
func (c S3Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// S3 keeps every object under its key in a bucket of an S3-compatible server, which must honour If-None-Match.
type S3 struct {
	// Reads are repeated by the client when the server is away for a moment, and give up on a silent server early.
	// Writes are sent once, for a second try could meet the success of the first and take it for another's object (only
	// s3_again.go, which has the bytes to compare, sends them again); and they wait, for a server may take minutes to put a
	// large object together.
	reads, writes *minio.Core
	transports    []*http.Transport // theirs

	bucket     string
	prefix     string // empty, or ends with a slash
	largestPut int64
	mostParts  int
	firstPause time.Duration // before a body is sent again
	logger     *slog.Logger
}

var _ gateway.Objects = (*S3)(nil)

// OpenS3 opens the store in c.Bucket, which must be there and let us in. The error wraps gateway.ErrUnavailable when
// the server could not be asked.
func OpenS3(ctx context.Context, c S3Config) (*S3, error) {
	s, err := openS3(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", c, err)
	}
	return s, nil
}

func openS3(ctx context.Context, c S3Config) (*S3, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	s := &S3{
		bucket:     c.Bucket,
		prefix:     c.Prefix,
		largestPut: c.LargestPut,
		mostParts:  mostParts,
		firstPause: firstPause,
		logger:     c.Logger,
	}
	if err := s.connect(ctx, c); err != nil {
		return nil, err
	}
	if err := s.findBucket(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close lets go of the connections that wait for a next request. Bodies that are open stay readable.
func (s *S3) Close() error {
	for _, t := range s.transports {
		t.CloseIdleConnections()
	}
	return nil
}

func (c S3Config) check() error {
	switch {
	case c.Endpoint == "":
		return errors.New("no Endpoint is given")
	case strings.Contains(c.Endpoint, "/"):
		return errors.New("the Endpoint is a host with an optional port, without scheme or path")
	case c.Bucket == "":
		return errors.New("no Bucket is given")
	case (c.AccessKey == "") != (c.SecretKey == ""):
		return errors.New("AccessKey and SecretKey go together")
	case c.SessionToken != "" && c.AccessKey == "":
		return errors.New("SessionToken needs AccessKey and SecretKey")
	case c.LargestPut < 0 || c.LargestPut > largestPut:
		return errors.New("LargestPut is not between 0 and 5 GiB")
	}
	return checkPrefix(c.Prefix)
}

func (c S3Config) withDefaults() S3Config {
	if c.Region == "" {
		c.Region = defaultRegion
	}
	if c.Prefix != "" {
		c.Prefix += "/"
	}
	if c.LargestPut == 0 {
		c.LargestPut = largestPut
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

func (s *S3) findBucket(ctx context.Context) error {
	found, err := s.reads.BucketExists(ctx, s.bucket)
	switch {
	case err != nil:
		return fmt.Errorf("looking for the bucket: %w", storeError(err))
	case !found:
		return errors.New("the bucket does not exist")
	}
	return nil
}
