// Package synthetic makes the documents of the demo: claim forms, scanned pages, photographs, cheques, bordereaux,
// invoices, loyalty movements and log extracts. Nothing in them is copied from anybody: the layouts, the handwriting
// and every name are this package's own.
//
// # The same bytes everywhere
//
// A Set follows from its Config alone: no clock, no map order, no floating point (whose last bit differs between
// processors). Every document draws its chances from a ChaCha8 stream of its own, keyed by the seed and a label, so
// that adding a document leaves all others as they were. Only the photographs and the compressed log go through
// encoders of the standard library, whose output may change from one release of Go to the next.
//
// # Nothing in them is real
//
// Mail domains end in .example. IBANs have valid check digits and a bank code that no bank has, so software accepts
// their form and no payment can follow. Cheques say SPECIMEN across their face.
package synthetic
