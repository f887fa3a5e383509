package s3test

import (
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"

	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/gateway/s3"
)

// Variable names a bucket of a running S3 server for the tests:
//
//	https://ACCESSKEY:SECRETKEY@HOST:PORT/BUCKET/PREFIX?region=REGION&ca=FILE
//
// The keys are percent-encoded where they have other characters than a URL allows. The
// scheme is http or https; prefix, region and ca (a PEM file of private authorities) may
// be absent. Tests store and delete below the prefix. With `&make=1` the bucket is made
// if it is missing.
const Variable = "BORDEREAU_TEST_S3"

// Named gives the bucket that Variable names. A test is skipped by package needs where it
// names none, and fails for a value that cannot be read.
func Named(t testing.TB) s3.Config {
	t.Helper()
	needs.Parallel(t)
	value := os.Getenv(Variable)
	if value == "" {
		needs.Missing(t, Variable+" names no bucket (see package s3test)")
	}
	c, err := Parse(value)
	if err != nil {
		t.Fatalf("reading %s: %v", Variable, err)
	}
	if strings.HasSuffix(value, "&make=1") {
		client := Client(t, c)
		err := client.MakeBucket(t.Context(), c.Bucket, minio.MakeBucketOptions{Region: c.Region})
		if there, asked := client.BucketExists(t.Context(), c.Bucket); asked != nil || !there {
			t.Fatalf("making the bucket: %v, %v", err, asked)
		}
	}
	return c
}

// Parse reads the form of Variable. The error does not repeat the value, which holds a
// secret.
func Parse(value string) (s3.Config, error) {
	u, err := url.Parse(value)
	if err != nil {
		return s3.Config{}, errors.New("not a URL")
	}
	secret, hasSecret := u.User.Password()
	bucket, prefix, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return s3.Config{}, errors.New("scheme is not http or https")
	case !hasSecret || u.User.Username() == "":
		return s3.Config{}, errors.New("no ACCESSKEY:SECRETKEY@ before the host")
	case u.Host == "" || bucket == "":
		return s3.Config{}, errors.New("no host or no bucket")
	}
	return s3.Config{
		Endpoint:  u.Host,
		Insecure:  u.Scheme == "http",
		CAFile:    u.Query().Get("ca"),
		Region:    u.Query().Get("region"),
		Bucket:    bucket,
		Prefix:    prefix,
		AccessKey: u.User.Username(),
		SecretKey: secret,
	}, nil
}
