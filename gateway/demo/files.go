package demo

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gabriel-vasile/mimetype"

	"github.com/bordereau/bordereau/gateway/demo/synthetic"
)

// ofFiles makes a consignment of the regular files below a folder, in the order of their
// paths. It leaves out names that are not UTF-8: package fs cannot open them.
func ofFiles(folder fs.FS) (consignment, error) {
	c := consignment{reference: "DOCUMENTS"}
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return nil
		}
		if !entry.Type().IsRegular() || !utf8.ValidString(name) {
			c.leftOut++
			return nil
		}
		i, err := ofFile(folder, name)
		if err != nil {
			return fmt.Errorf("reading %q: %w", name, err)
		}
		c.items = append(c.items, i)
		return nil
	})
	if err == nil && len(c.items) == 0 {
		err = errors.New("there is no file in it")
	}
	if err != nil {
		return consignment{}, fmt.Errorf("collecting documents: %w", err)
	}
	return c, nil
}

// ofFile reads a file once, to know its size and digest before it is sent. The file is
// not kept in memory.
func ofFile(folder fs.FS, name string) (item, error) {
	f, err := folder.Open(name)
	if err != nil {
		return item{}, err
	}
	defer f.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, f)
	if err != nil {
		return item{}, err
	}
	open := func() (io.ReadCloser, error) { return folder.Open(name) }
	kind, err := mediaType(name, open)
	if err != nil {
		return item{}, err
	}
	return item{reference: synthetic.Reference(name), fileName: fileName(name), class: "document", mediaType: kind,
		size: size, sha256: sum.Sum(nil), open: open}, nil
}

// fileName is the last part of a path, with a `�` for every control character: no header
// can carry those.
func fileName(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, path.Base(name))
}

// mediaTypes are the media types of endings that say more than a file's first bytes do.
// They do not depend on the machine, so that the same folder gives the same story
// everywhere.
var mediaTypes = map[string]string{
	".csv":  "text/csv",
	".doc":  "application/msword",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".eml":  "message/rfc822",
	".gif":  "image/gif",
	".gz":   "application/gzip",
	".htm":  "text/html",
	".html": "text/html",
	".jpeg": "image/jpeg",
	".jpg":  "image/jpeg",
	".json": "application/json",
	".log":  "text/plain",
	".md":   "text/markdown",
	".odt":  "application/vnd.oasis.opendocument.text",
	".pdf":  "application/pdf",
	".png":  "image/png",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	".rtf":  "application/rtf",
	".tif":  "image/tiff",
	".tiff": "image/tiff",
	".txt":  "text/plain",
	".xls":  "application/vnd.ms-excel",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".xml":  "application/xml",
	".zip":  "application/zip",
}

// mediaType is the type of a file's ending, in either case, or else of its first bytes.
func mediaType(name string, open func() (io.ReadCloser, error)) (string, error) {
	if known, ok := mediaTypes[strings.ToLower(path.Ext(name))]; ok {
		return known, nil
	}
	f, err := open()
	if err != nil {
		return "", err
	}
	defer f.Close()
	found, err := mimetype.DetectReader(f)
	if err != nil {
		return "", err
	}
	bare, _, _ := strings.Cut(found.String(), ";")
	return bare, nil
}
