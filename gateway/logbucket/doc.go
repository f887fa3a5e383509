// Package logbucket publishes ledgers to a bucket, and reads what was published there.
// Bucket is a publish.Sink for the gateway. Reader shows the same objects as folders, for
// a person who verifies them with a key that may only read.
//
// # What the bucket is trusted with
//
// The bucket is not trusted with content: a checkpoint is signed, and proofs hold the
// rest to it. A party that controls the bucket can withhold or delete what was published,
// unless the bucket has Object Lock. With a retention, full tiles and bundles, and one
// checkpoint a minute of each ledger, can be neither deleted nor overwritten until their
// days are over.
//
// # Versions
//
// A server with Object Lock still lets others put a newer version, or a mark that it is
// deleted, over an object with a retention. So what is published for good is read by its
// oldest version, and listed while it has one, whatever lies over it.
package logbucket
