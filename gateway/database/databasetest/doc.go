// Package databasetest gives tests a database of their own, migrated and empty, on both
// engines.
//
// SQLite is a file in the test's folder. PostgreSQL is started once for the test process,
// from the machine's own binaries, in a temporary folder and without a network port. It
// ends with the process, also after a kill. Where BORDEREAU_TEST_POSTGRES has a
// connection string, tests use that server instead. Its user must be allowed to create
// databases. Without either, a test that needs PostgreSQL is skipped (see package needs).
package databasetest
