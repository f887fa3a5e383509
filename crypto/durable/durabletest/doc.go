// Package durabletest puts a file layer under a test that loses all data that was not
// synced, as a disk does when its machine loses power.
//
// A Machine records every operation of the code under test, which works on real files
// meanwhile. Afterwards it crashes at each possible point. From the operations before the
// point it makes each folder that could be found after the crash, and calls the test to
// look at it. Synced data is there. Data that was not synced is lost, or torn, or there.
// Of the entries of a folder that were not synced, all are there, or none, or any single
// one: a file system need not keep their order.
package durabletest
