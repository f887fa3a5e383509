// Package policy decides. Terms are the agreement of a client and a provider, as text
// that both can read. Compile turns one version of them into rules and conditions. Decide
// takes the facts of one act: the decision says whether the contract allows the act, by
// which clause, and otherwise which condition failed first.
//
//	terms, err := policy.ParseTerms(text)
//	compiled, err := policy.Compile(contract, version, terms)
//	decision := compiled.Decide(policy.Facts{Action: policy.ActionDocumentRead, …})
//
// # Facts
//
// [Facts] have the person, the act and the time, and hold the rest in groups: the
// contract's state, the batch, the assignment, the day's reads. A group is a pointer, nil
// until the caller has read it. Every condition names the groups that it needs, and
// refuses while one of them is nil. The refusal is fact-missing: a defect of the caller.
// A forgotten fact never allows anything. A group has all its fields, and every fact is
// true. Where two cases differ, a fact tells them apart, such as a repeated seal or a
// read that is counted already. Only this package decides: an [Upload] decides about
// facts that become known while a document's bytes come in.
//
// A compiled version never changes and reads nothing but the facts: no clock, no
// database, no file. Everything that changes (statuses, memberships, leases, counters) is
// a fact. The caller reads it in the transaction that the decision protects, so the end
// of a contract ends every access at the next decision, everywhere.
//
// # Rules
//
// A rule is a row of organisation, role, class, action, phase and clause. Casbin holds
// the rows of each class of a contract version, with one matcher that compares every
// column exactly, and names the row that allows. Without a row there is no access:
// removing one denies. Class "-" is for acts on a contract or a batch as a whole. The
// rows of a version are
//
//	client    client-system     -       batch.open, batch.read, batch.seal, batch.withdraw,
//	                                    receipt.list
//	client    client-system     class   document.receive, document.withdraw,
//	                                    document.inspect, receipt.read
//	client    contract-manager  -       batch.withdraw
//	client    contract-manager  class   document.withdraw
//	provider  provider-manager  -       batch.read, assignment.create, assignment.inspect,
//	                                    assignment.revoke
//	provider  provider-manager  class   document.inspect
//	provider  handler           -       batch.read, assignment.lease, assignment.release
//	provider  handler           class   document.inspect, document.read
//
// in the phase "in-force". The rows that the wind-down terms keep are there once more, in
// the phase "wind-down": after the end of the contract only these count.
//
// # Conditions
//
// A rule alone opens nothing. The conditions are tried in this order, and the first that
// fails is the reason of the denial (see [Reason]). A person with several roles acts in
// the first for which all conditions hold.
//
//  1. the person is a member, holds a role on the contract, the contract is active and
//     its dates include now, or the wind-down's days after its end do;
//  2. a rule allows the act;
//  3. document.receive: the media type, the greatest size and emptiness, by class;
//  4. assignment.lease, document.read: the address belongs to a site, and now is within
//     the hours;
//  5. document.receive, batch.seal, document.withdraw, batch.withdraw: the batch is open,
//     and for the last two no legal hold stands; batch.read, assignment.create,
//     assignment.lease, document.inspect, document.read by other people than the client's
//     system: the batch is sealed; until then the provider does not see it;
//  6. document.read: the document has been received whole;
//  7. assignment.lease, document.read, and document.inspect by a handler: the
//     document is assigned to the person;
//  8. document.read: the person holds the lease, and the day's ceilings leave room for
//     the document.
//
// Duties (proposing, approving, auditing, operating) come from the organisation's own
// record instead of a contract, pass [Duties.Decide], and never open content. Their
// conditions are a list of the same kind.
//
// A new condition is a row with its name, the acts that it is on, the groups that it
// needs, and its check. Its facts go into a group, and package gateway fills the group in
// the acts that the condition is on. Until it does, these acts are refused, and the
// gateway's tests fail.
//
// # Terms
//
// Terms are the parties' agreement, as one text of YAML or JSON. [ParseTerms] has the
// format, with an example of every key. docs/examples/contracts has terms of five trades.
// docs/contracts.md describes each term, from the table of [Keys]. [Schema] is the form
// for editors.
//
// The lists of roles, reasons and keys are tables of this package. The OpenAPI document,
// docs/contracts.md and the schema repeat them: go generate writes them there.
package policy
