// Package durable writes files that must survive a crash of the machine.
//
// A write that returned without an error is on the disk, whole, under its name. After any
// other write the name has the whole file or it does not exist. The order of the steps
// gives this:
//
//  1. Write the content to a temporary file and fsync it.
//     If we die here, a temporary file stays behind.
//  2. Make the folder that the file goes into, and fsync the folder above, because a new
//     folder is an entry of the one above it.
//  3. Give the file its name: link it, which fails where the name is taken, or rename it
//     over the old file. If we die here, a crash may undo the step. The caller has no
//     answer yet.
//  4. Fsync the folder, which holds the name. From here on the file survives.
//  5. Remove the temporary name. If we die before, a second name of the same file stays
//     behind.
//
// A Disk works on paths of the machine, a Folder on names below one folder. No name and
// no link leads out of that folder. Both do all their work through an FS, so that a test
// can put a file layer under them that loses all data that was not synced: see package
// durabletest.
//
// The package relies on a file system that honours fsync. A network share may not.
package durable
