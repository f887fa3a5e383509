package main

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/gateway/installation"
	"github.com/bordereau/bordereau/gateway/s3/s3test"
)

// The whole story of the demo is played on the embedded engines and on those of
// production. Play fails on any step that is not as it should be. One step is the
// verification of the ledgers by the independent verifier.
func TestStory(t *testing.T) {
	needs.Parallel(t)
	t.Run("sqlite and folder", func(t *testing.T) {
		playStory(t, config.Default())
	})
	t.Run("postgresql and s3", func(t *testing.T) {
		c := config.Default()
		c.Database.Engine, c.Database.URL = config.PostgreSQL, config.NewSecret(databasetest.PostgreSQLDSN(t))
		s3 := s3test.Start(t).Config()
		c.Objects.Engine, c.Objects.Endpoint, c.Objects.Secure = config.S3, s3.Endpoint, !s3.Insecure
		c.Objects.Bucket, c.Objects.Prefix, c.Objects.Region = s3.Bucket, "story/", s3.Region
		c.Objects.AccessKey, c.Objects.SecretKey = s3.AccessKey, config.NewSecret(s3.SecretKey)
		playStory(t, c)
	})
}

// playStory makes an installation of the configuration and plays the story against it
// through HTTP.
func playStory(t *testing.T, c config.Config) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	in, api, admin := installed(ctx, t, c)
	var told strings.Builder
	err := in.WithServices(ctx, func(ctx context.Context) error {
		return playWhileServing(ctx, in, demoFlags{once: true}, api, admin, &told)
	})
	if err != nil {
		t.Errorf("the story: %v\n%s", err, told.String())
	}
}

// With documents of the caller's own the same story is played, and none of them is
// readable at rest.
func TestStoryWithOwnDocuments(t *testing.T) {
	documents, data := t.TempDir(), filepath.Join(t.TempDir(), "data")
	secret := strings.Repeat("This sentence must not be found on the disk. ", 100)
	for name, content := range map[string]string{"Notes été.txt": secret, "sub/folder/blob.bin": "\x00\x01" + secret, "empty": ""} {
		path := filepath.Join(documents, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ready := filepath.Join(t.TempDir(), "ready.json")
	err := runDemo(t.Context(), demoFlags{data: data, documents: documents, ready: ready, listen: "127.0.0.1:0", once: true}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(data, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if strings.Contains(string(content), "must not be found") {
			t.Errorf("%s holds plaintext", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	for _, name := range []string{"root.key", "token.key", "receipt.key", "ledger.key", credentialName} {
		info, err := os.Stat(filepath.Join(data, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}

// installed makes an installation of the configuration in a folder of its own, and the
// listeners that it is served on.
func installed(ctx context.Context, t *testing.T, c config.Config) (in *installation.Installation, api, admin net.Listener) {
	t.Helper()
	api, admin, err := listen(config.Listen{API: "127.0.0.1:0", Admin: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	c.PublicURL, c.DataDir = "http://"+api.Addr().String(), t.TempDir()
	c = c.Resolve(c.DataDir)
	if err := makeKeys(c.Keys, io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := makeOperator(ctx, c, gateway.First{Organisation: "Operator", Country: "FR", Person: "Operator"}, io.Discard); err != nil {
		t.Fatal(err)
	}
	if in, err = open(ctx, c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	return in, api, admin
}
