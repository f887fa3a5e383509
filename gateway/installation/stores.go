package installation

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/gateway/logbucket"
	"github.com/bordereau/bordereau/gateway/objects"
	"github.com/bordereau/bordereau/gateway/s3"
)

// documentsBucket is the bucket of the documents.
func documentsBucket(c config.Objects, log *slog.Logger) s3.Config {
	return s3.Config{Endpoint: c.Endpoint, Insecure: !c.Secure, CAFile: c.CAFile, Region: c.Region, Bucket: c.Bucket,
		Prefix: strings.TrimSuffix(c.Prefix, "/"), AccessKey: c.AccessKey, SecretKey: c.SecretKey.Reveal(), LargestPut: c.LargestPut, Logger: log}
}

// ledgersBucket is the bucket that ledgers are published to.
func ledgersBucket(c config.Publish, log *slog.Logger) logbucket.Config {
	retention := map[config.RetentionMode]s3.RetentionMode{config.NoRetention: s3.NoRetention,
		config.Governance: s3.Governance, config.Compliance: s3.Compliance}
	return logbucket.Config{
		Config: s3.Config{Endpoint: c.Endpoint, Insecure: !c.Secure, CAFile: c.CAFile, Region: c.Region, Bucket: c.Bucket,
			Prefix: strings.TrimSuffix(c.Prefix, "/"), AccessKey: c.AccessKey, SecretKey: c.SecretKey.Reveal(), Logger: log},
		Retention: retention[c.RetentionMode], Days: c.RetentionDays,
	}
}

// TryStores tries the places that a configuration names for documents and for ledgers,
// without a database. What a place lacks is in its report. An error says that one could
// not be tried.
func TryStores(ctx context.Context, c config.Config, log *slog.Logger) (documents, ledgers s3.Report, err error) {
	if c.Objects.Engine == config.S3 {
		documents, err = s3.Try(ctx, documentsBucket(c.Objects, log))
	} else {
		documents = tryFolder(ctx, c.Objects.Dir, log)
	}
	if c.Ledger.Publish.Engine == config.S3 {
		b := ledgersBucket(c.Ledger.Publish, log)
		var failed error
		ledgers, failed = s3.TryLedgers(ctx, b.Config, b.Retention)
		err = errors.Join(err, failed)
	}
	return documents, ledgers, err
}

// tryFolder opens a folder, which tries what it needs of its file system.
func tryFolder(ctx context.Context, dir string, log *slog.Logger) s3.Report {
	r := s3.Report{Bucket: "folder " + dir, Tried: time.Now().UTC(), Findings: []s3.Finding{{Tried: "storing an object", State: s3.Works}}}
	folder, err := objects.OpenFolder(ctx, objects.FolderConfig{Dir: dir, Logger: log})
	if err == nil {
		err = folder.Close()
	}
	if err != nil {
		r.Findings[0].State, r.Findings[0].Says = s3.Refused, err.Error()
	}
	return r
}

// findWays gives the ways in which a bucket has to be asked: those of its record, or,
// where there is none or this process is to serve, those that a try finds and records. A
// bucket that must not be used is an error.
func (in *Installation) findWays(ctx context.Context, c s3.Config, try func(context.Context, s3.Config) (s3.Report, error)) (s3.Ways, error) {
	place := c.Endpoint + "/" + c.Bucket + "/" + c.Prefix
	var record s3.Report
	if in.options.Recovering {
		return s3.Ways{}, nil // nothing is written
	}
	if !in.options.TryStores {
		known, err := in.Database.StoreRecord(ctx, place)
		if err == nil && known != "" {
			err = json.Unmarshal([]byte(known), &record)
		}
		if err != nil || known != "" {
			return record.Ways, err
		}
	}
	report, err := try(ctx, c)
	if err != nil {
		return s3.Ways{}, err
	}
	for _, f := range report.Findings {
		switch f.State {
		case s3.Noted:
			in.Log.Warn("the bucket was tried", "bucket", report.Bucket, "tried", f.Tried, "says", f.Says)
		case s3.OtherWay:
			in.Log.Info("the bucket was tried", "bucket", report.Bucket, "tried", f.Tried, "says", f.Says)
		}
	}
	if err := report.Err(); err != nil {
		return s3.Ways{}, err
	}
	text, err := json.Marshal(report)
	if err != nil {
		return s3.Ways{}, err
	}
	return report.Ways, in.Database.KeepStoreRecord(ctx, place, string(text), report.Tried)
}
