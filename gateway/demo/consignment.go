package demo

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/gateway/demo/synthetic"
)

// consignment is the documents of one batch.
type consignment struct {
	reference string
	items     []item
	leftOut   int // files found and not sent
	totals    map[string]int64
}

func (c consignment) bytes() int64 {
	var sum int64
	for _, i := range c.items {
		sum += i.size
	}
	return sum
}

// item is one document to send.
type item struct {
	reference, fileName, class, mediaType string

	size   int64
	sha256 []byte
	open   func() (io.ReadCloser, error) // opens the document from its beginning, any number of times
}

func (i item) describe(batch string) api.NewDocument {
	return api.NewDocument{Batch: batch, Reference: i.reference, Class: i.class, MediaType: i.mediaType,
		FileName: i.fileName, Size: i.size, SHA256: i.sha256}
}

// sent is a sent document with the gateway's answer.
type sent struct {
	item
	document api.Document
	receipt  api.Receipt
	reads    int // how often the story has read it
}

func ofSynthetic(b synthetic.Batch) consignment {
	c := consignment{reference: b.Reference, totals: b.Totals}
	for _, d := range b.Documents {
		c.items = append(c.items, ofBytes(d.Reference, d.FileName, d.Class, d.MediaType, d.Bytes))
	}
	return c
}

func ofBytes(reference, fileName, class, mediaType string, content []byte) item {
	sum := sha256.Sum256(content)
	return item{reference: reference, fileName: fileName, class: class, mediaType: mediaType,
		size: int64(len(content)), sha256: sum[:],
		open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }}
}

// sizeOf writes a number of bytes for people.
func sizeOf(n int64) string {
	switch {
	case n < 10<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 10<<20:
		return fmt.Sprintf("%d KiB", n>>10)
	case n < 10<<30:
		return fmt.Sprintf("%d MiB", n>>20)
	default:
		return fmt.Sprintf("%d GiB", n>>30)
	}
}
