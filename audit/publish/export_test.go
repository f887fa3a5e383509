package publish

// OpenFolderOn opens a folder on a test's disk.
var OpenFolderOn = openFolder
