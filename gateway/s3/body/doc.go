// Package body moves bodies that arrive whole or not at all. A client that hangs up
// looks, to a careless store, like the end of the file. Meter is for a body on its way
// into a store, Bounded for one on its way out.
package body
