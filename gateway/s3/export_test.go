package s3

import (
	"strings"
	"testing"
	"time"
)

// LimitParts lowers S3's limit, which is beyond what a test can send.
func (b *Bucket) LimitParts(n int) { b.mostParts = n }

// Hurry leaves hardly a pause before a body is sent again.
func (b *Bucket) Hurry() { b.firstPause = time.Millisecond }

// PartSize is the size of a part where nothing asks for larger ones.
const PartSize = partSize

// Plan cuts a body of a known size without reading it, and gives the sizes of its parts.
func Plan(t *testing.T, size int64) []int64 {
	cut := newSlices(strings.NewReader(""), size)
	var parts []int64
	for {
		_, n, err := cut.next()
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return parts
		}
		parts = append(parts, n)
	}
}
