// Package gatewaytest is a whole gateway in a test: a real database, a real ledger and a
// real folder of sealed bodies. A test can do three things that a user cannot: set the
// clock, stop the sequencer, and make the store fail.
//
//	house := gatewaytest.New(t, gatewaytest.Config{})
//	world := house.World(t)                       // a client, two providers, contracts, people
//	batch, documents := world.Sent(t, 3)          // a sealed batch of three documents
//	world.Taken(t, batch)                         // assigned to world.Handler and leased
package gatewaytest
