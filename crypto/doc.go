// Package crypto seals documents and keys, with age (https://age-encryption.org/v1) and nothing beside it.
//
// # One age file, kept in two places
//
// A sealed document is one standard age v1 file, cut in two where its header ends:
//
//	header   age-encryption.org/v1
//	         -> mlkem768x25519 J1s1wjW0…       the file key, wrapped for one recipient
//	         Oq3tPZ4J…
//	         --- 8Zh4gkZ…                      authenticates the lines above
//	body     16 bytes                          nonce of the payload key
//	         65,552 bytes, 65,552 bytes, …     chunks of 64 KiB, each with its own 16-byte tag
//
// Seal gives both parts and Open takes them; `cat header body | age -d -i key` opens them too, so that nobody is locked
// in. The parts are kept by different trades: the header is a row of the database, the body an object in the bucket.
// Who has the bucket alone has bytes that no key in the world opens, because the only key that does is in the header.
// And to erase a document it is enough to delete its header, whatever copies of the body remain.
//
// # Who is trusted
//
// The body is not trusted: whoever controls it can at most lose it. A body that was changed, cut, extended or swapped
// for another fails with ErrTampered. The header is not trusted either: one of another document does not fit the body,
// and one that was changed fails with ErrTampered or, where the wrapped key itself was hit, with ErrWrongKey.
//
// What sealing does not do is sign. Anybody who knows a recipient can seal for it, as with a letter box. That a body
// and its header are the ones that were received is therefore the database's word, not this package's: the digest that
// it keeps, and the receipt.
//
// # Streams
//
// Documents pass through in 64 KiB chunks and are never held whole. What Open gives is released chunk by chunk: every
// byte of it is authentic and in its place, but only io.EOF says that it was all. Until then a later Read may fail,
// and what was read is the beginning of a document that cannot be had.
//
// Ends are the dangerous place of a stream. A source that breaks off often says io.ErrUnexpectedEOF, and stores and
// copy loops are known to take that for an ordinary end. No error that leaves this package is or wraps io.EOF or
// io.ErrUnexpectedEOF, save the bare io.EOF that ends a complete stream.
//
// # Keys
//
// An Identity is a private key, a Recipient its public half. New ones are hybrid, ML-KEM-768 with X25519, so that what
// is recorded today stays closed when quantum computers come; classic X25519 ones are accepted. An Identity shows its
// secret only through Secret: printed, logged or marshalled in any other way it gives a fixed word.
//
// The package reads no files and knows no network. Where private keys come from is package keyring's subject.
package crypto
