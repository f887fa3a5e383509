package gateway

import "github.com/bordereau/bordereau/gateway/erasing"

// These are the types of package erasing, under the names for callers of this package.
type (
	DestructionClaims  = erasing.DestructionClaims
	Erasure            = erasing.Erasure
	ErasureState       = erasing.ErasureState
	Exception          = erasing.Exception
	Hold               = erasing.Hold
	JournalClaims      = erasing.JournalClaims
	PersonErasure      = erasing.PersonErasure
	PersonErasureState = erasing.PersonErasureState
	PersonHold         = erasing.PersonHold
	Verification       = erasing.Verification
)

const (
	ErasureCertified      = erasing.ErasureCertified
	ErasureProposed       = erasing.ErasureProposed
	ErasureRunning        = erasing.ErasureRunning
	MethodContractKeys    = erasing.MethodContractKeys
	MethodFileKeys        = erasing.MethodFileKeys
	MethodObjects         = erasing.MethodObjects
	NameRetentionCeiling  = erasing.NameRetentionCeiling
	NameRetentionDefault  = erasing.NameRetentionDefault
	NameRetentionFloor    = erasing.NameRetentionFloor
	PersonErasureDone     = erasing.PersonErasureDone
	PersonErasureProposed = erasing.PersonErasureProposed
	PersonErasureRunning  = erasing.PersonErasureRunning
)
