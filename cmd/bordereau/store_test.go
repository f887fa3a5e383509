package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/gateway/installation"
	"github.com/bordereau/bordereau/gateway/s3"
	"github.com/bordereau/bordereau/gateway/s3/s3test"
)

// A gateway serves no store that garbles what it is sent, and says so. `store check` says
// it before.
func TestAStoreIsTriedBeforeItIsUsed(t *testing.T) {
	needs.Alone(t) // it sets a variable of the environment
	server := s3test.Start(t)
	var wrong atomic.Bool
	garbles, refuses := server.Garbles(bytes.ToUpper), s3test.Answers(s3test.WithTrailer, 400, "XAmzContentSHA256Mismatch")
	bucket := server.Behind(func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		if wrong.Load() {
			garbles(w, r, server)
			return
		}
		refuses(w, r, server)
	})
	w := where{data: filepath.Join(t.TempDir(), "house")}
	t.Setenv("BORDEREAU_OBJECTS__SECRET_KEY", bucket.SecretKey)
	starter := config.Default()
	o := &starter.Objects
	o.Engine, o.Endpoint, o.Secure, o.Region, o.Bucket, o.AccessKey = config.S3, bucket.Endpoint, false, bucket.Region, bucket.Bucket, bucket.AccessKey
	first := gateway.First{Organisation: "Operator", Country: "FR", Person: "Olga"}
	if err := initialise(t.Context(), w, starter, first, io.Discard); err != nil {
		t.Fatal(err)
	}
	if text, err := storeCheck(t, w); err != nil || !strings.Contains(text, "other-way  storing an object: the server takes no checksum after a body") {
		t.Errorf("store check: %v\n%s", err, text)
	}
	c, err := w.load()
	if err != nil {
		t.Fatal(err)
	}
	serving := installation.Options{Config: c, TryStores: true, Logger: slog.New(slog.DiscardHandler)}
	in, err := installation.Open(t.Context(), serving)
	if err != nil {
		t.Fatal(err)
	}
	place := bucket.Endpoint + "/" + bucket.Bucket + "/"
	record, err := in.Database.StoreRecord(t.Context(), place)
	var r s3.Report
	if err != nil || json.Unmarshal([]byte(record), &r) != nil || r.Ways != (s3.Ways{Ahead: true}) {
		t.Errorf("the record of the store is %s, %v", record, err)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}

	wrong.Store(true)
	if text, err := storeCheck(t, w, "--json"); err == nil || !strings.Contains(text, `"state":"refused"`) {
		t.Errorf("store check of a store that garbles: %v\n%s", err, text)
	}
	if in, err := installation.Open(t.Context(), serving); err == nil || !strings.Contains(err.Error(), "gives other bytes than it was sent") {
		t.Errorf("a store that garbles is served: %v", err)
		in.Close()
	}
}

func storeCheck(t *testing.T, w where, arguments ...string) (text string, err error) {
	t.Helper()
	root := newRoot()
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetArgs(append([]string{"store", "check", "--data", w.data}, arguments...))
	err = root.ExecuteContext(context.WithoutCancel(t.Context()))
	return out.String(), err
}
