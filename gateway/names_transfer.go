package gateway

import "github.com/bordereau/bordereau/gateway/transfer"

// These are the types of package transfer, under the names for callers of this package.
type (
	Choice        = transfer.Choice
	Content       = transfer.Content
	Digest        = transfer.Digest
	NewDocument   = transfer.NewDocument
	Part          = transfer.Part
	ReceiptClaims = transfer.ReceiptClaims
)

// DigestSHA256 is the algorithm that package transfer always computes.
const DigestSHA256 = transfer.DigestSHA256
