package keyring

// The functions that write files, for a test's disk.
var (
	CreateOn         = create
	CreateRecoveryOn = createRecovery
	AddFirstOn       = addFirst
	KeepFirstOn      = keepFirst
)
