// Package erasing destroys, and says afterwards what it destroyed: documents and whole contracts, what is personal in the
// events of people, the names of people who have left, and what has been kept for its time.
//
// An erasure is decided by an act and executed after it, in steps that may each be repeated: the journal that outlives a
// restored database, the headers, the objects, the verification, the certificate. Legal holds are facts of the decision,
// and hold back what runs by itself as well. An erased document opens for nobody from the moment of the decision on.
//
// This room never gives out content, and deletes no object whose erasure was not decided.
package erasing
