package objects

// FolderError gives tests the marking of errors that no test can make a file system give.
var FolderError = folderError

// LimitParts lowers S3's limit, which is beyond what a test can send.
func (s *S3) LimitParts(n int) { s.mostParts = n }

// PartSize and PartSizeOf give tests the size of a part, and the one that a body of known size is cut into.
const PartSize = partSize

func PartSizeOf(size int64) int64 { return newSlices(nil, size).part }
