package event

import "slices"

// Action names an act that was done or refused: two words of `a-z`, joined by a dot.
// Package policy decides on the same words.
type Action string

// Entry is an action with its meaning, for people.
type Entry struct {
	Action      Action
	Description string
}

// catalogue lists every action that this build records. A word is never taken out and
// never changes its meaning: leaves that hold it are kept for ever.
var catalogue = []Entry{
	{"organisation.create", "an organisation was registered"},
	{"member.add", "a person was made a member of an organisation"},
	{"member.leave", "a person's membership of an organisation was ended"},
	{"credential.issue", "a person was given a new secret"},
	{"token.issue", "a person signed in"},
	{"role.grant", "a person was given a role on a contract"},
	{"role.end", "a person's role on a contract was ended"},
	{"contract.propose", "a contract version was proposed"},
	{"contract.approve", "a contract version was approved"},
	{"contract.suspend", "a contract was suspended"},
	{"contract.resume", "a suspended contract was resumed"},
	{"contract.terminate", "a contract was terminated"},
	{"contract.read", "a contract's terms were read"},
	{"audit.query", "events of a ledger were asked for"},
	{"audit.prove", "a checkpoint or a proof of a ledger was asked for"},
	{"audit.export", "events of a ledger were exported"},
	{"contract.list", "a person listed the contracts that they may see"},
	{"batch.list", "a person listed the batches that they may see"},
	{"assignment.list", "a person listed the assignments that they may see"},
	{"question.list", "the named questions that a ledger can be asked were listed"},
	{"batch.open", "a batch was opened"},
	{"batch.read", "a batch's record was read"},
	{"batch.seal", "a batch was sealed with its manifest"},
	{"batch.withdraw", "an open batch was withdrawn, with the documents that it held"},
	{"document.withdraw", "a document was withdrawn from an open batch"},
	{"assignment.create", "documents of a batch were assigned to a person"},
	{"assignment.lease", "an assignment was taken up"},
	{"assignment.inspect", "the assignments of a batch were listed, with how far each has come"},
	{"assignment.revoke", "documents were taken back from the person to whom they were assigned"},
	{"assignment.release", "a person gave an assignment back"},
	{"document.receive", "a document was sent in"},
	{"document.inspect", "a document's record was read, without its content"},
	{"document.read", "a document's content was read"},
	{"receipt.read", "a receipt was read"},
	{"receipt.list", "the receipts of a batch were listed"},
	{"contract.amend", "a new version of a contract was proposed"},
	{"contract.exit", "a terminated contract was closed for good"},
	{"policy.who", "a person asked who can read a document, a batch or a contract"},
	{"policy.past", "a person asked what a person could read at a given time"},
	{"policy.impact", "a person asked what a version of a contract would change"},
	{"policy.simulate", "a made-up request was decided, to see the answer"},
	{"role.list", "a person asked who holds which role on a contract"},
	{"document.abandon", "an upload that was never acknowledged was cleared away"},
	{"key.check", "the contracts' keys were listed or checked"},
	{"key.holders", "the roots and recovery recipients that contracts' keys are sealed to were changed"},
	{"key.reseal", "a contract's key was sealed to other roots or recovery recipients"},
	{"key.rotate", "a contract was given a new key"},
	{"key.retire", "a contract's earlier keys were destroyed, after every header was rewrapped for the new one"},
	{"object.check", "the object store was compared with the database"},
	{"object.sweep", "an object that no document needs, or the rest of an upload that died, was removed from the store"},
	{"document.recover", "the machine's owner listed documents or took one out"},
	{"key.recover", "the machine's owner took out a contract's key"},
	{"hold.place", "a legal hold was placed: its subject may not be erased"},
	{"hold.lift", "a legal hold was lifted"},
	{"hold.list", "the legal holds under a contract were listed"},
	{"document.erase", "a document was erased: its key was destroyed"},
	{"erasure.propose", "the erasure of a whole contract was proposed"},
	{"contract.erase", "a contract's documents were erased: its keys were destroyed"},
	{"erasure.read", "the record of an erasure, with its certificate, was read"},
	{"erasure.certify", "an erasure was carried out and its certificate was signed"},
	{"erasure.refuse", "the store did not delete a body that was erased, and no lock is the reason: the erasure goes on"},
	{"privacy.propose", "the erasure of the erasable data of a person's events was proposed"},
	{"privacy.erase", "the erasable data of a person's events was ordered erased, or was erased"},
	{"privacy.read", "the record of an erasure of a person's data was read"},
	{"privacy.expire", "the erasable data of events was erased at the end of its retention"},
	{"privacy.forget", "the name of a person who had left was erased"},
	{ActionEpoch, "a new epoch of this ledger began, because the database had lost events that were published or held others"},
	{"audit.restore", "a client's ledger was given a new epoch after a restore"},
	{ActionRekey, "the key that signs this ledger's checkpoints was replaced, signed by the key before"},
	{"audit.republish", "ledgers were published again, because their folder had lost some of what was published"},
	{"audit.resume", "the ledgers were resumed after a halt over a difference from what was published"},
	{"audit.reindex", "the index of a ledger was dropped; the sequencer builds it again from the events"},
}

// Catalogue lists the actions that this build records.
func Catalogue() []Entry { return slices.Clone(catalogue) }

// Known says whether the action is in the catalogue. Parse does not check this, because
// an older build may read a ledger that a newer one wrote.
func (a Action) Known() bool {
	return slices.ContainsFunc(catalogue, func(e Entry) bool { return e.Action == a })
}

// valid says whether the text has the form of an action.
func (a Action) valid() bool {
	dots := 0
	for i := range len(a) {
		switch c := a[i]; {
		case c >= 'a' && c <= 'z':
		case c == '.' && i > 0 && i < len(a)-1:
			dots++
		default:
			return false
		}
	}
	return dots == 1
}
