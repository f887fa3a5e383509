package s3test_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/gateway/s3"
	"github.com/bordereau/bordereau/gateway/s3/s3test"
)

func TestParse(t *testing.T) {
	for value, want := range map[string]s3.Config{
		"http://key:s%2Fcret@127.0.0.1:7070/documents": {
			Endpoint: "127.0.0.1:7070", Insecure: true, Bucket: "documents", AccessKey: "key", SecretKey: "s/cret",
		},
		"https://key:secret@s3.example.net/documents/a/b?region=eu-west-3&ca=ca.pem": {
			Endpoint: "s3.example.net", Bucket: "documents", Prefix: "a/b", Region: "eu-west-3", CAFile: "ca.pem",
			AccessKey: "key", SecretKey: "secret",
		},
	} {
		got, err := s3test.Parse(value)
		if err != nil {
			t.Errorf("Parse(%q): %v", value, err)
		}
		// Compared as another type, because S3Config prints without its secrets.
		type plain s3.Config
		if diff := cmp.Diff(plain(want), plain(got)); diff != "" {
			t.Errorf("Parse(%q) (-want +got):\n%s", value, diff)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"http://key:hidden@host/bucket", "", "host/bucket", "ftp://key:hidden@host/bucket", "http://host/bucket",
		"http://key@host/bucket", "http://key:hidden@host/", "http://key:hidden@/bucket", "http://key:hidden@host:\x00/b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		c, err := s3test.Parse(value)
		if err != nil {
			if strings.Contains(err.Error(), "hidden") {
				t.Errorf("Parse(%q) repeats the secret: %v", value, err)
			}
			return
		}
		if c.Endpoint == "" || c.Bucket == "" || c.AccessKey == "" {
			t.Errorf("Parse(%q) = %s, which names no bucket", value, c)
		}
	})
}
