// Package explain answers questions to the policy: who can read a document and why, what
// a person could read at an earlier time, what an amendment would open and close, and how
// a made-up request would be decided.
//
// Each question is an act. It is decided and recorded before anything is read for it. The
// answers come from the stored facts and from package policy itself, so no answer differs
// from what an access would meet.
//
// This room changes nothing, opens no document and asks no ledger. It has the door for
// callers and no other.
package explain
