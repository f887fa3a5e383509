package event

import "slices"

// Action names what was done or refused: two words of `a-z`, joined by a dot. The words
// are those that policies decide on.
type Action string

// Entry is an action with what it means, for people.
type Entry struct {
	Action      Action
	Description string
}

// catalogue is every action that this build records. A word is never taken out and never
// changes its meaning: leaves that hold it are kept for ever.
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
	{"contract.list", "one's contracts were listed"},
	{"batch.list", "one's batches were listed"},
	{"assignment.list", "one's assignments were listed"},
	{"question.list", "the named questions that a ledger can be asked were listed"},
	{"batch.open", "a batch was opened"},
	{"batch.read", "a batch's record was read"},
	{"batch.seal", "a batch was sealed with its manifest"},
	{"assignment.create", "documents of a batch were assigned to a person"},
	{"assignment.lease", "an assignment was taken up"},
	{"document.receive", "a document was sent in"},
	{"document.inspect", "a document's record was read, without its content"},
	{"document.read", "a document's content was read"},
	{"receipt.read", "a receipt was read"},
	{"contract.amend", "a new version of a contract was proposed"},
	{"contract.exit", "a terminated contract was closed for good"},
	{"policy.who", "it was asked who can read a document, a batch or a contract"},
	{"policy.past", "it was asked what a person could read at a time"},
	{"policy.impact", "it was asked what a version of a contract would change"},
	{"policy.simulate", "a request that nobody made was decided"},
	{"role.list", "it was asked who holds which role on a contract"},
	{"document.abandon", "an upload that was never acknowledged was cleared away"},
	{"key.check", "the contracts' keys were listed or checked"},
	{"key.holders", "the roots and recovery recipients were changed that contracts' keys are sealed to"},
	{"key.reseal", "a contract's key was sealed to other roots or recovery recipients"},
	{"key.rotate", "a contract was given a new key"},
	{"key.retire", "a contract's earlier keys were destroyed, after every header was rewrapped for the new one"},
	{"object.check", "the object store was compared with the database"},
	{"object.sweep", "an object that no document needs, or what an upload that died had left in the store, was removed"},
	{"document.recover", "documents were listed, or one was taken out, by whoever holds the machine"},
	{"key.recover", "a contract's key was taken out by whoever holds the machine"},
	{"hold.place", "a legal hold was placed: what it is on may not be erased"},
	{"hold.lift", "a legal hold was lifted"},
	{"hold.list", "the legal holds under a contract were listed"},
	{"document.erase", "a document was erased: its key was destroyed"},
	{"erasure.propose", "the erasure of a whole contract was proposed"},
	{"contract.erase", "a contract's documents were erased: its keys were destroyed"},
	{"erasure.read", "the record of an erasure, with its certificate, was read"},
	{"erasure.certify", "an erasure was carried out and its certificate was signed"},
	{"privacy.propose", "it was proposed to erase the erasable data of events of a person"},
	{"privacy.erase", "private halves of what a person did were ordered erased, or were erased"},
	{"privacy.read", "the record of such an erasure was read"},
	{"privacy.expire", "private halves of events were erased, having been kept for their time"},
	{"privacy.forget", "the name of a person who had left was erased"},
	{ActionEpoch, "a new epoch of this ledger began, because the database had lost events that were published or held others"},
	{"audit.restore", "a client's ledger was given a new epoch after a restore"},
	{ActionRekey, "the key that signs this ledger's checkpoints was replaced, signed by the key before"},
	{"audit.republish", "ledgers were published again, because the folder they are published to had lost some of it"},
	{"audit.resume", "the ledgers, which had been halted over a difference from what was published, were let go on"},
	{"audit.reindex", "the index of a ledger was dropped, to be built again from its events"},
}

// Catalogue lists the actions that this build records.
func Catalogue() []Entry { return slices.Clone(catalogue) }

// Known says whether the action is in the catalogue. Parse does not ask: a ledger may be
// read by an older build than the one that wrote it.
func (a Action) Known() bool {
	return slices.ContainsFunc(catalogue, func(e Entry) bool { return e.Action == a })
}

// valid says whether the action has the form of one.
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
