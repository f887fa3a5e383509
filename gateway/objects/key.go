package objects

import (
	"errors"
	"strings"
)

// maxKey keeps a key with its prefix well under the 1024 bytes that S3 allows, and each
// part under a file name's 255.
const maxKey = 200

// CheckKey says whether key may name an object: 1 to 200 bytes of `a-z 0-9 /` with no
// empty part, so neither a leading, a trailing nor a double slash. There is no dot, so a
// key cannot climb out of a folder, and no upper case, so it means the same on file
// systems that ignore case. The error does not repeat the key.
func CheckKey(key string) error {
	switch {
	case key == "":
		return errors.New("object key is empty")
	case len(key) > maxKey:
		return errors.New("object key is longer than 200 bytes")
	case !ofKeyBytes(key):
		return errors.New("object key has bytes other than a-z 0-9 /")
	case strings.HasPrefix(key, "/"), strings.HasSuffix(key, "/"), strings.Contains(key, "//"):
		return errors.New("object key has an empty part")
	}
	return nil
}

// checkListing is CheckKey for the arguments of List: a prefix may end anywhere, and both
// may be empty.
func checkListing(prefix, after string) error {
	if !ofKeyBytes(prefix) || !ofKeyBytes(after) {
		return errors.New("listing prefix or start has bytes other than a-z 0-9 /")
	}
	return nil
}

func ofKeyBytes(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '/' {
			return false
		}
	}
	return true
}
