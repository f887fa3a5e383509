// Package supervise tells programs that watch a gateway how it is: whether it is ready
// for requests, and numbers about its work. It decides nothing, and what it tells holds
// no name, no address of a server and no text of a user.
//
// Ready means that an act can be recorded, because nothing else is answered with success:
// the database takes writes, and the rounds of this process's sequencer succeed when
// something waits for one. A store that fails, or a ledger that cannot be published, does
// not make a gateway unready: every replica has the same store, and taking all of them
// out of a balancer would stop the acts that need no store. Both are in the report all
// the same.
//
//	{"ready": false, "checks": {"database": "ok", "ledger": "ok", "process": "serving",
//	  "publication": "failing", "sequencer": "stalled", "store": "ok"}}
package supervise
