// Package s3 reaches one bucket of an S3-compatible server. It is the only package that
// knows the client library, and it guards the traps of that library and of servers. Two
// packages stand above it: gateway/objects keeps documents in a bucket, and
// gateway/logbucket publishes ledgers to one.
//
// # Whole or not at all
//
// A client library takes many failures of a body for its end. Every body therefore passes
// through a meter (package body), in both directions. A Put stores all bytes or nothing,
// and a Get that ends early says so.
//
// # Create-only
//
// Put and Create never overwrite: they send the condition If-None-Match: *. Servers
// answer that condition in several ways when writers meet, and lostRace (put.go) tells
// them apart.
//
// # Servers differ
//
// Some servers ignore the condition, take no checksum after a body, or list no versions.
// Try (try.go) tries a bucket with the calls of this package, and finds the Ways in which
// it has to be asked, or says in words why it cannot be used. After each write, what the
// server has stored is held against what was sent.
//
// # Errors
//
// An error wraps one of the sentinels in errors.go where a caller can do something about
// it. ErrUnavailable means that the same call may succeed later: the network failed, or
// the server is overloaded or silent. A caller's own failures never wrap it: the error of
// its body, its cancelled context. ErrRefused says that the server does not let us, or
// does not do what it must (ranges, sizes); an operator has to look.
//
// # How long a server may take
//
// Each call has a patience (patience.go): 15 seconds for an answer, more for a server
// that has a large body to store, and half a minute in which it moves no byte of a body.
// A server that freezes is ErrUnavailable then.
//
// # Trying again
//
// The client repeats requests that only read. A write is sent once, except a body that is
// in memory (again.go): then the object that a second try finds is compared, byte for
// byte, so that no try takes the success of the first for another's object, or another's
// for its own.
//
// # Memory
//
// A body is streamed. A Put or Get needs a few buffers of 64 to 256 KiB, except a Put of
// unknown size, which holds up to 16 MiB, as does each one where digests go ahead. Such a
// body can have at most 156 GiB; one of known size whatever the server allows, up to 5
// TiB and more.
package s3
