// Package crypto seals documents and keys with age (https://age-encryption.org/v1) alone.
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
// Seal gives both parts and Open takes them. `cat header body | age -d -i key` opens them
// too, so there is no lock-in. The two parts are stored apart: the header is a row of the
// database, the body an object in the bucket. A person who has only the bucket cannot
// open anything, even with every private key: the file key is in the header. To erase a
// document it is enough to delete its header, however many copies of the body remain.
//
// # Who is trusted
//
// The body is not trusted: a person who controls it can at most lose it. A body that was
// changed, cut, extended or swapped for another fails with ErrTampered. The header is not
// trusted either: the header of another document does not fit the body. A changed header
// fails with ErrTampered, or with ErrWrongKey where the change hit the wrapped key.
//
// Sealing does not sign. Anyone who knows a recipient can seal for it, as with a letter
// box. This package therefore cannot prove that a body and its header are the ones that
// were received. The digest in the database and the receipt prove it.
//
// # Streams
//
// Documents pass through in 64 KiB chunks and are never held whole. Open releases
// plaintext chunk by chunk. Every released byte is authentic and in its place, but only
// io.EOF means that the document is complete. Until then a later Read may fail, and the
// released bytes are the beginning of a document that cannot be had.
//
// The end of a stream is its dangerous place. A source that breaks off often returns
// io.ErrUnexpectedEOF, and stores and copy loops are known to take that for an ordinary
// end. No error that leaves this package is or wraps io.EOF or io.ErrUnexpectedEOF,
// except the bare io.EOF that ends a complete stream.
//
// # Keys
//
// An Identity is a private key, a Recipient its public key. New identities are hybrid,
// ML-KEM-768 with X25519, so that a quantum computer cannot open today's recordings
// later. Classic X25519 identities are accepted. An Identity shows its secret only
// through Secret; printed, logged or marshalled it gives a fixed word.
//
// The package reads no files and uses no network. Package keyring knows where private
// keys come from.
package crypto
