// Package keys keeps the contracts' identities. It makes an identity when a contract is
// approved, opens it for a read, replaces it (a rotation), rewraps it for other roots,
// checks that it opens, and forgets it when it was destroyed. The package also records
// which gateways run with which roots, because a root may go only when no gateway needs
// it.
//
// An identity never leaves this process and is never stored unsealed. Every caller of
// this package has a transaction. The caller is therefore inside an act that was decided,
// or is the machine's owner. The Keeper itself decides nothing about people. It opens and
// verifies stored bodies, and returns no byte of them to a caller: gateway/transfer does
// that.
package keys
