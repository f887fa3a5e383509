package s3

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

const (
	defaultRegion = "us-east-1"

	// largestPut is what Amazon's S3 takes in one request.
	largestPut = 5 << 30
)

// maxPrefix keeps a prefix with the name of an object under the 1024 bytes that S3
// allows.
const maxPrefix = 200

// Config says which bucket to open, and how to reach it. It prints without its secrets.
type Config struct {
	// Endpoint is the server's host name or address with an optional port, without a
	// scheme: `s3.example.net:9000`.
	Endpoint string

	// Insecure speaks HTTP instead of HTTPS. Bodies are sealed either way, but an
	// attacker on the network can cut or replay requests: for a server on this machine
	// only.
	Insecure bool

	// CAFile is a PEM file with the certificates of private authorities to trust beside
	// the system's own.
	CAFile string

	// Region of the bucket. Default: us-east-1, the name that most servers of one's own
	// answer to.
	Region string

	// Bucket must exist. It may keep versions; Delete removes them all. A process that
	// dies in the middle of a multipart upload leaves its parts behind, which
	// SweepUnfinished finds; a lifecycle rule for them does not know which uploads run
	// still, so give it more days than the longest takes.
	Bucket string

	// Prefix goes before every key, so that one bucket can serve several gateways: parts
	// of `A-Z a-z 0-9 _ -` with slashes between. Default: none.
	Prefix string

	// AccessKey and SecretKey sign requests, with SessionToken when they are temporary.
	// Default: the usual chain: the variables AWS_ACCESS_KEY_ID and so on, the shared
	// credentials file, then the identity of the machine or pod.
	AccessKey    string
	SecretKey    string
	SessionToken string

	// LargestPut is the largest body, in bytes, to send in one request; larger ones go in
	// parts, none of which is larger either, if it is at least 5 MiB. Lower it where a
	// proxy limits requests. Default: 5 GiB, the limit of Amazon's S3.
	LargestPut int64

	// Ways are how the server is asked for what not every server does. Default: the usual
	// way. Try finds them out.
	Ways Ways

	// Logger receives what could not be cleaned up. Nothing is logged when it is nil.
	Logger *slog.Logger
}

// String implements fmt.Stringer, without the secrets.
func (c Config) String() string {
	return fmt.Sprintf("bucket %q at %s", c.Bucket, c.Endpoint)
}

// GoString implements fmt.GoStringer, without the secrets.
func (c Config) GoString() string { return c.String() }

// LogValue implements slog.LogValuer, without the secrets.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

func (c Config) check() error {
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

func (c Config) withDefaults() Config {
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

// LeastLargestPut is the least LargestPut with which parts keep below it too: S3 takes no
// smaller part but the last.
const LeastLargestPut = 5 << 20

func (c Config) partSize() int64 {
	if c.LargestPut < LeastLargestPut {
		return partSize
	}
	return min(partSize, c.LargestPut)
}

// checkPrefix says whether prefix, an operator's choice, may go before keys in a bucket.
func checkPrefix(prefix string) error {
	switch {
	case prefix == "":
		return nil
	case len(prefix) > maxPrefix:
		return errors.New("the Prefix is longer than 200 bytes")
	case strings.Trim(prefix, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-/") != "":
		return errors.New("the Prefix has bytes other than A-Z a-z 0-9 _ - /")
	case strings.HasPrefix(prefix, "/"), strings.HasSuffix(prefix, "/"), strings.Contains(prefix, "//"):
		return errors.New("the Prefix has an empty part")
	}
	return nil
}
