// Package demo plays the product's story through its HTTP interface. A client and its
// provider agree on a contract. A batch of documents is sent, sealed, assigned, leased
// and read. All other people are refused, and the compliance officer asks which people
// saw a document.
//
// Every step prints one line about its result and the curl command for the same request,
// with access tokens as shell variables. A step with an unexpected result is printed,
// remembered, and part of the error that Play returns.
//
// # Documents of your own
//
// With Config.Documents the story uses the files below a folder, under a contract whose
// only class allows any type and size. A file's name is the document's file name. Its
// reference is derived from its path below the folder by synthetic.Reference: `f-` and
// the first 20 hexadecimal digits of the SHA-256 of the path, written with slashes. Its
// media type follows from a known ending of the name (see mediaType), and else from its
// first bytes. Control characters in a name become `�`. Symbolic links and other files
// that are not regular, and names that are not UTF-8, are left out; the story gives their
// number.
package demo
