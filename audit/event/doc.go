// Package event defines the audit event: its fields, its leaf in a ledger, and the
// catalogue of actions.
//
// An event is stored as a leaf and, beside the leaf, its erasable data. The ledger's
// Merkle tree is built over the leaves. A leaf is kept byte for byte and for ever, and
// every person who may copy the ledger gets it. So a leaf holds only opaque identifiers
// and closed words. Names, addresses, free text and digests of documents are erasable
// data. The database keeps them together with a random salt, and a commitment in the leaf
// binds them to it (see Opening). Erasing them breaks no proof.
//
// # Leaf, version 1
//
// A leaf is one JSON object without white space. Its members come in the order of the
// list Members and have no other spelling. The first nine, up to outcome, are always
// there. The others are left out when empty or zero:
//
//	{"v":1,"ledger":"o_…","seq":7,"ts":1767225600000001,"id":"e_…","occ":1767225600000000,
//	"phase":"grant","action":"document.read","outcome":"allow","reason":"allowed",
//	"actor":"p_…","contract":"c_…","bytes":10,"length":10,"priv":"<base64 of 32 bytes>"}
//
// Times (ts: when sequenced, occ: when it occurred) are microseconds since 1970 UTC. A
// string holds no control character, at most MaxText bytes, and escapes only the
// quotation mark and the backslash. So every event has exactly one leaf and every leaf
// one event: Parse refuses bytes that Leaf would not have written.
package event
