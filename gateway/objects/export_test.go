package objects

import "github.com/bordereau/bordereau/crypto/durable"

// OnDisk keeps the folder on a test's disk.
func (c FolderConfig) OnDisk(d durable.Disk) FolderConfig {
	c.disk = d
	return c
}

// OpenRecoveryFolderOn opens a folder on a test's disk.
var OpenRecoveryFolderOn = openRecoveryFolder

// LetGo lets go of the lock, as a process does that dies.
func (f *RecoveryFolder) LetGo() { f.lock.Close() }

// FolderError gives tests the marking of errors that no test can make a file system give.
var FolderError = folderError

// S3Error gives tests the translation of errors, whose every case no server can be made
// to give.
var S3Error = s3Error
