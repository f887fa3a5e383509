// Package gatewaytest is a whole gateway in a test: a real database, a real ledger, a real folder of sealed bodies, and
// between them and the test only what a test must be able to do that a user cannot: set the clock, stop the sequencer,
// and let the store bite.
//
//	house := gatewaytest.New(t, gatewaytest.Config{})
//	world := house.World(t)                       // a client, two providers, contracts, people
//	batch, documents := world.Sent(t, 3)          // a sealed batch of three documents
//	world.Taken(t, batch)                         // assigned to world.Handler and leased
package gatewaytest
