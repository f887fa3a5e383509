// Package durabletest puts a file layer under a test that loses what was not synced, as a disk
// does whose machine lost power.
//
// A Machine records every operation of the code under test, which works on real files meanwhile.
// Afterwards it crashes at each possible point: it makes, from the operations before the point,
// each folder that could be found after the crash, and has the test look at it. What was synced
// is there. What was not is lost, or torn, or there, and of the entries of a folder that were not
// synced all are there, or none, or any single one: a file system need not keep their order.
package durabletest
