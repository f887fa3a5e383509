// Package databasetest gives tests a database of their own, migrated and empty, on both engines.
//
// SQLite is a file in the test's folder. PostgreSQL is started once for the test process, from the machine's own
// binaries, in a temporary folder and without a network port; it ends with the process, however that ends. Where
// BORDEREAU_TEST_POSTGRES holds a connection string, that server is used instead: its user must be allowed to create
// databases. Without either, a test that needs PostgreSQL is skipped (see package needs).
package databasetest
