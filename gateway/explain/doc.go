// Package explain answers questions to the policy: who can read something, and why; what a person could read at an earlier
// time; what an amendment would change; how a made-up request would be decided.
//
// Every question is an act: it is decided and recorded before anything is read for it. The answers come from the facts as
// they are stored and from package policy itself, so that no answer can differ from what an access would meet. This room
// opens no document, changes nothing, and has no other door than that for callers.
package explain
