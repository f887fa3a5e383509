package gateway

import "github.com/bordereau/bordereau/gateway/transfer"

// These are the types of package transfer, under the names for callers of this package.
type (
	Choice        = transfer.Choice
	Content       = transfer.Content
	NewDocument   = transfer.NewDocument
	Part          = transfer.Part
	ReceiptClaims = transfer.ReceiptClaims
)
