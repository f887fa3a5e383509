package s3test

import (
	"bytes"
	"context"
	"io"
	"iter"
	"time"

	"github.com/minio/minio-go/v7"
)

// What follows is what the owner of the bucket does past the store: a test's way to be
// hostile, or merely strict.

// Overwrite puts other bytes under a key. Where the bucket keeps versions, what was there
// becomes an older one.
func (s *Server) Overwrite(key string, body []byte) {
	s.t.Helper()
	_, err := s.client().PutObject(context.Background(), bucket, key, bytes.NewReader(body), int64(len(body)), minio.PutObjectOptions{})
	if err != nil {
		s.t.Fatalf("overwriting %s: %v", key, err)
	}
}

// PutBack takes the newest version of a key away for good, so that the one before it is
// the object again.
func (s *Server) PutBack(key string) {
	s.t.Helper()
	versions := s.Versions(key)
	if len(versions) < 2 {
		s.t.Fatalf("%s has %d versions, and no older one", key, len(versions))
	}
	err := s.client().RemoveObject(context.Background(), bucket, key, minio.RemoveObjectOptions{VersionID: versions[0]})
	if err != nil {
		s.t.Fatalf("putting back an older version of %s: %v", key, err)
	}
}

// Versions gives the ids of all versions of a key, delete markers too, the newest first.
func (s *Server) Versions(key string) []string {
	s.t.Helper()
	var ids []string
	o := minio.ListObjectsOptions{Prefix: key, Recursive: true, WithVersions: true}
	for info := range s.client().ListObjectsIter(context.Background(), bucket, o) {
		if info.Err != nil {
			s.t.Fatalf("listing the versions of %s: %v", key, info.Err)
		}
		if info.Key == key {
			ids = append(ids, info.VersionID)
		}
	}
	return ids
}

// Lock forbids all users to delete the versions that a key has now, until the time.
func (s *Server) Lock(key string, until time.Time) {
	s.t.Helper()
	mode := minio.Compliance
	for _, version := range s.Versions(key) {
		err := s.client().PutObjectRetention(context.Background(), bucket, key,
			minio.PutObjectRetentionOptions{Mode: &mode, RetainUntilDate: &until, VersionID: version})
		if err != nil {
			s.t.Fatalf("locking %s: %v", key, err)
		}
	}
}

// LockAll is Lock for everything that is put from now on, each for so many days.
func (s *Server) LockAll(days uint) {
	s.t.Helper()
	mode, unit := minio.Compliance, minio.Days
	if err := s.client().SetObjectLockConfig(context.Background(), bucket, &mode, &days, &unit); err != nil {
		s.t.Fatalf("locking the bucket: %v", err)
	}
}

// Hold places or lifts a legal hold of the bucket's own on the newest version of a key:
// as Lock, without an end.
func (s *Server) Hold(key string, on bool) {
	s.t.Helper()
	status := minio.LegalHoldDisabled
	if on {
		status = minio.LegalHoldEnabled
	}
	versions := s.Versions(key)
	if len(versions) == 0 {
		s.t.Fatalf("holding %s: there is none", key)
	}
	err := s.client().PutObjectLegalHold(context.Background(), bucket, key,
		minio.PutObjectLegalHoldOptions{Status: &status, VersionID: versions[0]})
	if err != nil {
		s.t.Fatalf("holding %s: %v", key, err)
	}
}

// Remove takes the newest version of a key away. One that is missing is no error.
func (s *Server) Remove(key string) {
	if err := s.client().RemoveObject(context.Background(), bucket, key, minio.RemoveObjectOptions{}); err != nil {
		s.t.Errorf("removing %s: %v", key, err)
	}
}

func (s *Server) content(key string) []byte {
	object, err := s.client().GetObject(context.Background(), bucket, key, minio.GetObjectOptions{})
	if err != nil {
		s.t.Errorf("reading %s: %v", key, err)
		return nil
	}
	defer object.Close()
	content, err := io.ReadAll(object)
	if err != nil {
		s.t.Errorf("reading %s: %v", key, err)
	}
	return content
}

// Names gives the keys of all objects whose key starts with prefix.
func (s *Server) Names(prefix string) iter.Seq[string] {
	return func(yield func(string) bool) {
		o := minio.ListObjectsOptions{Prefix: prefix, Recursive: true}
		for info := range s.client().ListObjectsIter(context.Background(), bucket, o) {
			if info.Err != nil {
				s.t.Errorf("listing: %v", info.Err)
				return
			}
			if !yield(info.Key) {
				return
			}
		}
	}
}
