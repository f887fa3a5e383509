// Package objects keeps sealed bodies: in a folder of this machine (Folder) or in a
// bucket of any S3-compatible server (S3). Both implement gateway.Objects, whose comments
// are the contract, and both pass the same conformance suite, objectstest.Run.
//
// # What a store promises, and what it does not
//
// A store promises durability and create-only: a Put that returned nil survives a power
// cut, and no Put ever replaces bytes. A bucket is as durable as its server makes it;
// some servers answer before the disk has the bytes. It promises nothing about content. A
// party that controls the folder or the bucket can lose bodies, return others, or keep
// what was deleted, but cannot read one and cannot make one pass for another: the key to
// a body is a row in the database. So nothing here checks digests, except the checksum
// that tells a broken network from a good one.
//
// # All or nothing
//
// The dangerous moment is a body that stops early. A client that hangs up looks, to a
// careless store, like the end of the file. Every body is therefore read through a meter
// (package body), which lets the end of a body through only after the promised number of
// bytes and a clean io.EOF; in every other case the store sees an error and keeps
// nothing.
//
// # Keys
//
// Keys are made by the gateway, random, of the bytes `a-z 0-9 /` (key.go). A slash is a
// folder. Use it to fan out: `d/ab/ab4…` keeps folders small, where a flat `ab4…` puts
// every document in one. A key must not be the folder of another (`a` and `a/b`): a
// bucket on a POSIX server and a folder cannot hold both.
//
// # When the store is away
//
// An error that the same call may not meet again wraps gateway.ErrUnavailable: the
// network, a server that is overloaded or silent, a full or failing disk, a folder or
// bucket that is gone. A caller's own failures never do: its body's error, its cancelled
// context. What a server refuses (a missing right, an expired key, a clock that is off)
// wraps gateway.ErrStoreRefuses too: an operator has to look.
//
// Package s3 says what a bucket needs beside: which bodies are sent again, and the memory
// that a Put needs. A folder needs a buffer of 128 KiB.
package objects
