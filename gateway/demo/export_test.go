package demo

import (
	"io"
	"io/fs"
	"net/http"
)

// The tests of this package use these from outside.

// File is an item derived from a user's file.
type File struct{ Reference, Name, Class, MediaType string }

// Files derives a consignment and counts the files left out.
func Files(folder fs.FS) (files []File, leftOut int, err error) {
	c, err := ofFiles(folder)
	for _, i := range c.items {
		files = append(files, File{i.reference, i.fileName, i.class, i.mediaType})
	}
	return files, c.leftOut, err
}

// Curl prints a request.
func Curl(r *http.Request, variable, file, save string) string {
	return call{request: r, variable: variable, file: file, save: save}.curl()
}

// Terms fills terms in.
func Terms(key, client, provider string) ([]byte, error) { return terms(key, client, provider) }

// Goods gives, for each trade, its key and the class and media type of each of its
// documents.
func Goods() map[string][][2]string {
	all := map[string][][2]string{}
	for _, t := range trades(1, 1) {
		for _, i := range t.goods.items {
			all[t.key] = append(all[t.key], [2]string{i.class, i.mediaType})
		}
	}
	return all
}

// Narrator lets a test print a story.
type Narrator struct{ n *narrator }

func NewNarrator(out io.Writer) Narrator { return Narrator{&narrator{out: out}} }

func (n Narrator) Called(r *http.Request)        { n.n.calls = append(n.n.calls, call{request: r}) }
func (n Narrator) Did(err error, s string) error { return n.n.did(err, "%s", s) }
func (n Narrator) Close() error                  { return n.n.close() }
func (n Narrator) Refused(err error, status int, kind, reason, s string) {
	n.n.refused(err, refusal{status, kind, reason}, "%s", s)
}
