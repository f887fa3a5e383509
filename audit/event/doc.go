// Package event is the audit event: what one says, its leaf in a ledger, and the
// catalogue of actions.
//
// An event is written down in two halves. The leaf is what the ledger's Merkle tree is
// built over. It is kept byte for byte and for ever, and goes to everybody who may copy
// the ledger, so it holds opaque identifiers and closed words only. Names, addresses,
// free text and digests of documents are the erasable data: kept beside the leaf,
// together with a random salt, and bound to it by a commitment (see Opening). Erasing the
// erasable data breaks no proof.
//
// # Leaf, version 1
//
// A leaf is one JSON object without white space. Its fields come in the order of this
// example and have no other spelling; all but the first eight and the last of the second
// line are left out when empty or zero:
//
//	{"v":1,"ledger":"o_…","seq":7,"ts":1767225600000001,"id":"e_…","occ":1767225600000000,
//	"phase":"grant","action":"document.read","outcome":"allow","reason":"allowed",
//	"actor":"p_…","org":"o_…","role":"handler","auth":"client-secret",
//	"contract":"c_…","version":1,"clause":"classes.claim-form","provider":"o_…",
//	"batch":"b_…","document":"d_…","class":"claim-form","assignment":"a_…","subject":"…",
//	"site":"tunis","country":"TN","bytes":10,"length":10,"grant":"e_…","request":"…","node":"gw-1",
//	"priv":"<base64 of 32 bytes>"}
//
// Times (ts: when sequenced, occ: when it occurred) are microseconds since 1970 UTC. A
// string holds no control character, at most MaxText bytes, and escapes only the
// quotation mark and the backslash. So every event has exactly one leaf and every leaf
// one event: Parse refuses bytes that Leaf would not have written.
package event
