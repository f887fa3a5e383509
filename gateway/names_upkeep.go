package gateway

import "github.com/bordereau/bordereau/gateway/upkeep"

// These are the types of package upkeep, under the names for callers of this package.
type (
	Finding        = upkeep.Finding
	FindingKind    = upkeep.FindingKind
	FindingState   = upkeep.FindingState
	NewEpoch       = upkeep.NewEpoch
	Recovered      = upkeep.Recovered
	Recovery       = upkeep.Recovery
	RecoveryFile   = upkeep.RecoveryFile
	RecoveryFolder = upkeep.RecoveryFolder
	RecoveryReport = upkeep.RecoveryReport
	RecoveryStatus = upkeep.RecoveryStatus
	StoreCheck     = upkeep.StoreCheck
	StoreReport    = upkeep.StoreReport
)

const (
	FindingAbandoned         = upkeep.FindingAbandoned
	FindingBodyLength        = upkeep.FindingBodyLength
	FindingBodyMissing       = upkeep.FindingBodyMissing
	FindingBodyUnreadable    = upkeep.FindingBodyUnreadable
	FindingDue               = upkeep.FindingDue
	FindingErased            = upkeep.FindingErased
	FindingErasureForgotten  = upkeep.FindingErasureForgotten
	FindingErasureRefused    = upkeep.FindingErasureRefused
	FindingHeaderMissing     = upkeep.FindingHeaderMissing
	FindingKept              = upkeep.FindingKept
	FindingReferencesUnknown = upkeep.FindingReferencesUnknown
	FindingRemoved           = upkeep.FindingRemoved
	FindingUnfinished        = upkeep.FindingUnfinished
	FindingUnknownKey        = upkeep.FindingUnknownKey
	FindingUnreferenced      = upkeep.FindingUnreferenced
	FindingWaiting           = upkeep.FindingWaiting
	FindingWrong             = upkeep.FindingWrong
	RecoveryDone             = upkeep.RecoveryDone
	RecoveryErased           = upkeep.RecoveryErased
	RecoveryFailed           = upkeep.RecoveryFailed
	RecoveryHeaderMissing    = upkeep.RecoveryHeaderMissing
	RecoveryKeyDestroyed     = upkeep.RecoveryKeyDestroyed
	RecoveryMissingBody      = upkeep.RecoveryMissingBody
	RecoveryOtherFile        = upkeep.RecoveryOtherFile
	RecoveryPresent          = upkeep.RecoveryPresent
	RecoveryStoreFailed      = upkeep.RecoveryStoreFailed
	RecoveryTampered         = upkeep.RecoveryTampered
	RecoveryWrongKey         = upkeep.RecoveryWrongKey
)

var (
	ErrForgottenErasures = upkeep.ErrForgottenErasures
)
