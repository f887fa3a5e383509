// Package demo plays the product's story through its HTTP interface, as its users live it: a client and its provider
// agree on a contract, a batch of documents is sent, sealed, assigned, leased and read, everybody else is refused, and
// the compliance officer asks who saw what.
//
// Every step prints one line that says what happened and the curl command that does the same, with access tokens as
// shell variables. A step that does not go as it should is printed, remembered, and part of the error that Play returns.
//
// # Documents of your own
//
// With Config.Documents the story is played with the files below a folder, under a contract whose only class allows any
// type and size. A file's name is the document's file name. Its reference is derived from its path below the folder by
// synthetic.Reference: `f-` and the first 20 hexadecimal digits of the SHA-256 of the path, written with slashes. Its
// media type follows from the name's ending where that is a known one (see mediaType), and else from its first bytes.
// Control
// characters in a name become `�`. What is not a regular file, such as a symbolic link, and what has a name that is not
// UTF-8, is left out; the story says how much.
package demo
