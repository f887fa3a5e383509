// Package keys keeps the contracts' identities: it makes them when a contract is approved, opens them for a read, replaces
// them (a rotation), seals them to other roots, checks that they open, and forgets those that were destroyed. It also tells
// which gateways run with which roots, because a root may go only when none needs it.
//
// An identity never leaves this process, and is never stored unsealed. Whoever asks for one has a transaction, and so is
// inside an act that was decided, or is the machine's owner: the Keeper itself decides nothing about people. It opens and
// verifies stored bodies, and gives no byte of them to a caller; that is gateway/transfer's part.
package keys
