// Package rooms holds a test and nothing else: the rules about which package may import which, each with its reason.
// rooms_test.go is the place to read them, and to change them together with docs/decisions.
package rooms
