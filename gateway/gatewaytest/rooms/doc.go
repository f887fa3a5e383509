// Package rooms holds a test and nothing else: the rules for imports between packages,
// each with its reason. Read them in rooms_test.go. A change of a rule gets a file in
// docs/decisions.
package rooms
