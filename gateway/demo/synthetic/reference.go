package synthetic

import (
	"crypto/sha256"
	"encoding/hex"
)

// Reference derives a document's reference from its file name, or from its path below the
// folder it was found in, with slashes: `f-` and the first 20 hexadecimal digits of the
// SHA-256 of the name's bytes.
//
// A reference stands in addresses, log lines and the ledger, and file names are full of
// people: so nothing readable of the name goes into it, yet the same name always gives
// the same reference and an upload can be repeated.
func Reference(name string) string {
	sum := sha256.Sum256([]byte(name))
	return "f-" + hex.EncodeToString(sum[:10])
}
