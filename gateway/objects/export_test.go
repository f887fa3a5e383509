package objects

import (
	"strings"
	"testing"
	"time"

	"github.com/bordereau/bordereau/crypto/durable"
)

// OnDisk keeps the folder on a test's disk.
func (c FolderConfig) OnDisk(d durable.Disk) FolderConfig {
	c.disk = d
	return c
}

// OpenRecoveryFolderOn opens a folder on a test's disk.
var OpenRecoveryFolderOn = openRecoveryFolder

// LetGo lets go of the lock, as a process does that dies.
func (f *RecoveryFolder) LetGo() { f.lock.Close() }

// FolderError gives tests the marking of errors that no test can make a file system give.
var FolderError = folderError

// LimitParts lowers S3's limit, which is beyond what a test can send.
func (s *S3) LimitParts(n int) { s.mostParts = n }

// Hurry leaves hardly a pause before a body is sent again.
func (s *S3) Hurry() { s.firstPause = time.Millisecond }

// PartSize is the size of a part where nothing asks for larger ones.
const PartSize = partSize

// Plan cuts a body of a known size that nobody reads, and gives the sizes of its parts.
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
