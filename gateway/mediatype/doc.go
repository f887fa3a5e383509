// Package mediatype tells whether a document's bytes can be of the media type that they
// are declared as.
//
// It refuses what is positively something else, at the level of the container: a ZIP file
// is no Word document of 97, and an OLE file is no PDF. It does not tell a text from a
// table: both are ZIP files that hold XML. Three questions decide:
//
//  1. Is it text? Text is what has no byte that text cannot have, in UTF-8 or a code page
//     of eight bits, or UTF-16 or UTF-32 with a mark at its beginning. What it begins
//     with does not matter: a table whose first country is MZ is no program.
//  2. Which container shows itself at its fixed place? The table of kinds has them.
//  3. Is it a program, or a script that names its interpreter?
//
// Bytes that show nothing pass as declared, unless the declared type has a form that
// cannot be missed: each PNG begins alike. A type that this package does not know is
// compared with what the library mimetype finds, and passes where the library finds
// nothing or does not know the type either. docs/media-types.md has the types, and the
// measurement on public sample files.
package mediatype
