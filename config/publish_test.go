package config_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/config"
)

// A bucket for the ledgers has all keys of a bucket for documents, and a retention. With
// a bucket, a folder is refused.
func TestABucketForTheLedgersIsConfigured(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "secret"), "s")
	path := write(t, filepath.Join(dir, "c.yaml"), `
ledger:
  publish:
    engine: s3
    endpoint: worm.example.net:9000
    region: eu-west-3
    bucket: ledgers
    prefix: gateway-1/
    access-key: a
    ca-file: ca.pem
    retention-mode: compliance
    retention-days: 3650
`)
	c, err := config.Load(path, []string{"BORDEREAU_LEDGER__PUBLISH__SECRET_KEY_FILE=secret", "BORDEREAU_LEDGER__PUBLISH__EVERY=30s"})
	if err != nil {
		t.Fatal(err)
	}
	want := config.Publish{Engine: config.S3, Endpoint: "worm.example.net:9000", Region: "eu-west-3", Bucket: "ledgers", Prefix: "gateway-1/",
		AccessKey: "a", SecretKey: config.NewSecret("s"), Secure: true, CAFile: filepath.Join(dir, "ca.pem"),
		RetentionMode: config.Compliance, RetentionDays: 3650, Every: 30 * time.Second}
	if diff := cmp.Diff(want, c.Ledger.Publish, cmp.Comparer(func(a, b config.Secret) bool { return a.Reveal() == b.Reveal() })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
