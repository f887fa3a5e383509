// Package keyring knows where the first key comes from, the one that opens all others.
//
// # Three levels
//
// A root identity opens the identities of contracts, and a contract's identity opens the
// headers of its documents. The lower two levels are in the database, both of them
// sealed. The root is outside the database, in a file or in a secret of the environment:
// a thief with both the database and the bucket can read nothing.
//
// # The root file
//
// The root file is an age identity file, as age-keygen writes it: one identity per line;
// empty lines and lines that begin with # are ignored. Each program reads the other's
// files.
//
//	# Root key of a Bordereau installation. Keep a copy offline: what it sealed cannot be opened without it.
//	# fingerprint: 3f6f0e1c5a2b9d84
//	AGE-SECRET-KEY-PQ-1…
//
// All identities open, and a contract's identity is sealed to each: one copy per root. To
// change the root, put a new identity above the old one (AddFirst) and seal the
// contracts' identities to it. When every replica has the new file, remove the old line
// (KeepFirst). `bordereau keys rotate-root` does both steps.
//
// # Recovery
//
// A recovery recipient is a public key whose identity is kept offline, in a safe. Each
// contract's identity has a copy for it too, so that the documents survive a lost root.
// The gateway knows the public key alone.
//
// Create makes hybrid post-quantum identities. A classic one (AGE-SECRET-KEY-1…) works
// too, and so does a classic recovery recipient; PostQuantum reports them.
//
// # Who is trusted
//
// The file is trusted with everything, hence its mode: Load refuses a file that group or
// others may read or write. The database is not trusted with the copies: it can lose one,
// and cannot open one. But sealing is not signing. An attacker who knows the root's
// recipient and owns the database could seal an identity of their own and put it in the
// place of a contract's. The recipient is therefore kept as secret as the root: it is in
// no copy and no error. SealedTo is a fingerprint, from which the recipient cannot be
// computed.
package keyring
