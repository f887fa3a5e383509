package s3

import (
	"encoding/base64"
	"hash"
	"hash/crc32"
	"io"
	"net/http"
	"sync"
)

const checksumHeader = "X-Amz-Checksum-Crc32c"

// summed is a part with its checksum, which is in trailer once the part has been read to
// its end. Like a meter's body, the part may still be read when its request has been
// answered.
type summed struct {
	trailer http.Header // belongs to the request

	mu    sync.Mutex
	part  io.Reader
	hash  hash.Hash32
	sum   string // in base64
	whole bool
}

func newSummed(part io.Reader) *summed {
	s := &summed{part: part, hash: crc32.New(crc32.MakeTable(crc32.Castagnoli)), trailer: http.Header{}}
	s.finish() // the request announces the length of the trailer before the part is read
	return s
}

func (s *summed) finish() {
	s.sum = base64.StdEncoding.EncodeToString(s.hash.Sum(nil))
	s.trailer.Set(checksumHeader, s.sum)
}

// Read implements io.Reader.
func (s *summed) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.part.Read(p)
	s.hash.Write(p[:n])
	if err == io.EOF {
		s.finish()
		s.whole = true
	}
	return n, err
}

// result gives the checksum, and whether it is that of the whole part.
func (s *summed) result() (sum string, whole bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sum, s.whole
}
