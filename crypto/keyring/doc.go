// Package keyring knows where the first key comes from, the one that opens all others.
//
// # Three levels
//
// A root identity opens the identities of contracts, and a contract's identity opens the headers of its documents. Only
// the lower two levels are in the database, and both of them sealed. The root is outside it, in a file or in a secret of
// the environment: whoever carries off the database and the bucket together has still nothing to read.
//
// # The root file
//
// It is an age identity file, as age-keygen writes it: one identity per line, empty lines and lines that begin with #
// ignored. Both programs read each other's.
//
//	# Root key of a Bordereau installation. Keep a copy offline: what it sealed cannot be opened without it.
//	# fingerprint: 3f6f0e1c5a2b9d84
//	AGE-SECRET-KEY-PQ-1…
//
// The first identity seals, and all of them open. To change the root, put a new identity above the old one; when the
// contracts' identities have been sealed anew, take the old line out.
//
// Hybrid post-quantum identities are what Create makes. A classic one (AGE-SECRET-KEY-1…) works, and PostQuantum says so.
//
// # Who is trusted
//
// The file is trusted with everything, hence its mode: Load refuses a file that group or others may read or write. The
// database is not trusted with the copies: it can lose one, and it cannot open one. But sealing is not signing, and whoever
// knows the root's recipient could seal an identity of their own and, owning the database too, put it in the place of a
// contract's. The recipient is therefore kept as close as the root: it is in no copy and no error, and SealedTo is a
// fingerprint, from which it cannot be computed.
package keyring
