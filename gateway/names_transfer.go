package gateway

import "github.com/bordereau/bordereau/gateway/transfer"

// The words of package transfer, under the names that callers of this package know.
type (
	Choice        = transfer.Choice
	Content       = transfer.Content
	NewDocument   = transfer.NewDocument
	Part          = transfer.Part
	ReceiptClaims = transfer.ReceiptClaims
)
