package main

import (
	"context"
	"io"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/gateway/installation"
	"github.com/bordereau/bordereau/gateway/s3"
	"github.com/bordereau/bordereau/gateway/s3/s3test"
)

// An installation publishes into a bucket with Object Lock. A later version of an object
// does not count. A bundle that another history has written first halts the ledgers.
func TestPublishingToABucket(t *testing.T) {
	needs.Alone(t)
	server := s3test.StartLocked(t).Config()
	bucket, w := coreOf(t, server), houseInBucket(t, server, config.Governance)
	record(t, w, 300)
	const folder = "house/operator/"
	for _, name := range []string{"checkpoint", "checkpoints/00000000000000000301", "tile/0/000", "tile/entries/000", "tile/entries/001.p/45"} {
		info, err := bucket.StatObject(t.Context(), server.Bucket, folder+name, minio.StatObjectOptions{})
		kept := err == nil && info.Metadata.Get("X-Amz-Object-Lock-Mode") != ""
		if err != nil || kept != !strings.Contains(name, ".p/") && path.Base(name) != "checkpoint" {
			t.Errorf("%s: kept %v, %v", name, kept, err)
		}
	}
	put := func(name, content string) {
		t.Helper()
		_, err := bucket.Client.PutObject(t.Context(), server.Bucket, folder+name, strings.NewReader(content), int64(len(content)), minio.PutObjectOptions{})
		if err != nil {
			t.Fatal(err)
		}
	}

	put("checkpoints/00000000000000000301", "another history")
	record(t, w, 1)
	if reason := halted(t, w); reason != nil {
		t.Fatalf("halted by a later version of a checkpoint: %v", reason)
	}
	put("tile/entries/001.p/47", "another history")
	record(t, w, 1)
	if reason := halted(t, w); reason == nil || !strings.Contains(reason.Error(), "tile/entries/001.p/47") {
		t.Errorf("after another history was published: %v", reason)
	}
}

// houseInBucket makes an installation that publishes to a bucket, under house/.
func houseInBucket(t *testing.T, c s3.Config, mode config.RetentionMode) where {
	t.Helper()
	w := where{data: filepath.Join(t.TempDir(), "house")}
	t.Setenv("BORDEREAU_LEDGER__PUBLISH__SECRET_KEY", c.SecretKey)
	starter := config.Default()
	publish := &starter.Ledger.Publish
	publish.Engine, publish.Endpoint, publish.Secure, publish.Region = config.S3, c.Endpoint, false, c.Region
	publish.Bucket, publish.Prefix, publish.AccessKey = c.Bucket, "house/", c.AccessKey
	if publish.RetentionMode = mode; mode != config.NoRetention {
		publish.RetentionDays = 1
	}
	first := gateway.First{Organisation: "Operator", Country: "FR", Person: "Olga"}
	if err := initialise(t.Context(), w, starter, first, io.Discard); err != nil {
		t.Fatal(err)
	}
	return w
}

// coreOf looks past the installation into its bucket.
func coreOf(t *testing.T, c s3.Config) *minio.Core {
	t.Helper()
	core, err := minio.NewCore(c.Endpoint, &minio.Options{Creds: credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""), Region: c.Region})
	if err != nil {
		t.Fatal(err)
	}
	return core
}

// record records so many events and publishes them.
func record(t *testing.T, w where, n int) {
	t.Helper()
	err := onAudit(t.Context(), w, func(ctx context.Context, in *installation.Installation) error {
		var ticket audit.Ticket
		tx, err := in.Database.Writer().BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		for range n {
			ticket, err = in.Ledger.Stage(ctx, tx, event.Operator, event.Event{Phase: event.PhaseState, Action: "audit.query", Outcome: event.OutcomeAllow})
			if err != nil {
				return err
			}
		}
		if err := tx.Commit(); err != nil {
			return err
		}
		_, err = in.Ledger.Wait(ctx, ticket)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func halted(t *testing.T, w where) (reason error) {
	t.Helper()
	err := onLedger(t.Context(), w, func(ctx context.Context, in *installation.Installation) (err error) {
		reason, err = in.Ledger.LookHalted(ctx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return reason
}
