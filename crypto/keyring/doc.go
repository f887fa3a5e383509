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
// All identities open, and a contract's identity is sealed to each: one copy per root. To change the root, a new identity
// goes above the old one (AddFirst); when the contracts' identities have been sealed to it, and every replica has the new
// file, the old line is taken out (KeepFirst). `bordereau keys rotate-root` does both steps.
//
// # Recovery
//
// A recovery recipient is a public key whose identity is kept offline, in a safe. Each contract's identity has a copy for
// it too, so that a lost root is not the loss of all documents. The gateway knows the public half alone.
//
// Hybrid post-quantum identities are what Create makes. A classic one (AGE-SECRET-KEY-1…) works, and PostQuantum says so.
// So does a classic recovery recipient.
//
// # Who is trusted
//
// The file is trusted with everything, hence its mode: Load refuses a file that group or others may read or write. The
// database is not trusted with the copies: it can lose one, and it cannot open one. But sealing is not signing, and whoever
// knows the root's recipient could seal an identity of their own and, owning the database too, put it in the place of a
// contract's. The recipient is therefore kept as close as the root: it is in no copy and no error, and SealedTo is a
// fingerprint, from which it cannot be computed.
package keyring
