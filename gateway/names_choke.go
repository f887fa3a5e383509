package gateway

import "github.com/bordereau/bordereau/gateway/choke"

// These are the types of package choke, under the names for callers of this package.
type (
	Assignment         = choke.Assignment
	AssignmentID       = choke.AssignmentID
	AssignmentProgress = choke.AssignmentProgress
	Batch              = choke.Batch
	BatchID            = choke.BatchID
	Caller             = choke.Caller
	Conflict           = choke.Conflict
	ConflictKind       = choke.ConflictKind
	Contract           = choke.Contract
	ContractID         = choke.ContractID
	Credential         = choke.Credential
	Denied             = choke.Denied
	Document           = choke.Document
	DocumentID         = choke.DocumentID
	ErasureID          = choke.ErasureID
	HoldID             = choke.HoldID
	Invalid            = choke.Invalid
	InvalidKind        = choke.InvalidKind
	Member             = choke.Member
	Membership         = choke.Membership
	MembershipID       = choke.MembershipID
	ObjectInfo         = choke.ObjectInfo
	Objects            = choke.Objects
	Organisation       = choke.Organisation
	OrganisationID     = choke.OrganisationID
	OrganisationKind   = choke.OrganisationKind
	Page               = choke.Page
	PersonID           = choke.PersonID
	Progress           = choke.Progress
	Receipt            = choke.Receipt
	ReceiptID          = choke.ReceiptID
	ReceiptSigner      = choke.ReceiptSigner
	Unfinished         = choke.Unfinished
)

const (
	ConflictAssigned         = choke.ConflictAssigned
	ConflictManifest         = choke.ConflictManifest
	ConflictNameTaken        = choke.ConflictNameTaken
	ConflictReferenceTaken   = choke.ConflictReferenceTaken
	ConflictState            = choke.ConflictState
	ConflictUploadAbandoned  = choke.ConflictUploadAbandoned
	ConflictUploadInProgress = choke.ConflictUploadInProgress
	InvalidBody              = choke.InvalidBody
	InvalidDigestMismatch    = choke.InvalidDigestMismatch
	InvalidIdentifier        = choke.InvalidIdentifier
	InvalidIncomplete        = choke.InvalidIncomplete
	InvalidLengthMismatch    = choke.InvalidLengthMismatch
	InvalidLengthRequired    = choke.InvalidLengthRequired
	InvalidDigest            = choke.InvalidDigest
	InvalidNotWhole          = choke.InvalidNotWhole
	InvalidPackTooLarge      = choke.InvalidPackTooLarge
	InvalidParameter         = choke.InvalidParameter
	InvalidRange             = choke.InvalidRange
	InvalidReference         = choke.InvalidReference
	InvalidTerms             = choke.InvalidTerms
	InvalidUnenforceable     = choke.InvalidUnenforceable
	KindClient               = choke.KindClient
	KindOperator             = choke.KindOperator
	KindProvider             = choke.KindProvider
)

var (
	ErrNotFound       = choke.ErrNotFound
	ErrObjectExists   = choke.ErrObjectExists
	ErrObjectMissing  = choke.ErrObjectMissing
	ErrObjectTooLong  = choke.ErrObjectTooLong
	ErrObjectRetained = choke.ErrObjectRetained
	ErrStoreRefuses   = choke.ErrStoreRefuses
	ErrTampered       = choke.ErrTampered
	ErrUnavailable    = choke.ErrUnavailable
)
