package s3

import (
	"bytes"
	"io"
)

// bufferBlock is the step in which buffered takes memory, so that a small body takes
// little.
const bufferBlock = 256 << 10

// buffered cuts a body of unknown size: S3 wants to know the size of a part before it
// comes. It holds one part, in blocks that it keeps for the next one.
type buffered struct {
	body   io.Reader
	part   int64 // bytes of every part but the last
	blocks [][]byte
	size   int64 // bytes held
	filled bool  // they have not been given out
	ended  bool  // nothing follows them
}

func newBuffered(body io.Reader, part int64) *buffered { return &buffered{body: body, part: part} }

// fill reads the next part.
func (b *buffered) fill() error {
	b.size, b.filled = 0, true
	for i := 0; b.size < b.part && !b.ended; i++ {
		if i == len(b.blocks) {
			b.blocks = append(b.blocks, make([]byte, bufferBlock))
		}
		n, err := readFull(b.body, b.blocks[i][:min(bufferBlock, b.part-b.size)])
		b.size += int64(n)
		if err != nil && err != io.EOF {
			return err
		}
		b.ended = err == io.EOF
	}
	return nil
}

// readFull fills p unless the body ends: then, and only then, the error is io.EOF. Unlike
// io.ReadFull it invents no io.ErrUnexpectedEOF, which could not be told from the body's
// own.
func readFull(body io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var more int
		more, err = body.Read(p[n:])
		n += more
	}
	return n, err
}

// reader gives the bytes held.
func (b *buffered) reader() io.Reader {
	readers := make([]io.Reader, 0, len(b.blocks))
	left := b.size
	for _, block := range b.blocks {
		n := min(left, bufferBlock)
		readers = append(readers, bytes.NewReader(block[:n]))
		left -= n
	}
	return io.MultiReader(readers...)
}

func (b *buffered) next() (io.Reader, int64, error) {
	if !b.filled && !b.ended {
		if err := b.fill(); err != nil {
			return nil, 0, err
		}
	}
	if !b.filled {
		return nil, 0, nil
	}
	b.filled = false
	return b.reader(), b.size, nil
}
