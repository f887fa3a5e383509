package identity

// NewKeyOn makes a key on a test's disk.
var NewKeyOn = newKey
