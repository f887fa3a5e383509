// Package erasing destroys content and personal data, and certifies the destruction: of
// documents and whole contracts, of what is personal in the events of people, of the
// names of people who have left, and of data whose retention has ended.
//
// An erasure is decided by an act and executed after it, in steps that can each be
// repeated: the journal, which outlives a restored database, then the headers, the
// objects, the verification, the certificate. Legal holds are facts of the decision. They
// also keep data from the erasures that run by themselves. From the decision on, an
// erased document cannot be opened.
//
// This room never gives out content, and deletes no object whose erasure was not decided.
package erasing
