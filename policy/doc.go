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
//	client    client-system     -       batch.open, batch.read, batch.seal
//	client    client-system     class   document.receive, document.inspect, receipt.read
//	provider  provider-manager  -       batch.read, assignment.create
//	provider  provider-manager  class   document.inspect
//	provider  handler           -       batch.read, assignment.lease
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
//  5. document.receive, batch.seal: the batch is open; batch.read, assignment.create,
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
// Terms are one YAML document, or the same as JSON, of at most 64 KiB. Unknown keys, keys
// given twice, anchors, aliases and tags are refused, each with its path and line: a term
// that is not enforced must not look agreed. A key without a value counts as absent.
// Numbers are whole, in digits, up to 2⁵³. Terms with gaps can be proposed but not
// approved (see [Terms.Missing]), unless the term is marked optional here.
//
//	reference: MOTOR-2026-01          # see ParseReference
//	title: Motor claim indexing       # one line, up to 200 bytes
//	client: o_aaaaaaaaaaaaaaaaaaaaaaaaaa
//	provider: o_bbbbbbbbbbbbbbbbbbbbbbbbbb
//	purpose: Index motor claim files and return the index data
//	data-categories: [identification, vehicle, claim-history]   # names: a-z 0-9 -, beginning with a letter
//	validity:
//	  from: 2026-01-01                # from the beginning of this day in the zone
//	  until: 2027-12-31               # optional; to the end of this day
//	  zone: Europe/Paris              # of the dates, the hours and the ceilings' day: a name of the IANA database
//	classes:                          # what may be sent and read, by class of document
//	  claim-form:
//	    media-types: [application/pdf]            # lower case, without parameters; ["*/*"] alone means any
//	    max-bytes: 20971520
//	    delivery: supervised          # optional; sealed is known, but not enforceable yet
//	    allow-empty: false            # optional
//	    data-categories: [identification]   # optional: which of the contract's its documents hold
//	sites:                            # where documents are read from; the longest network that has the address counts
//	  - name: tunis
//	    country: TN                   # ISO 3166-1 alpha-2
//	    networks: [192.0.2.0/24, "2001:db8:7::/48"]
//	hours:                            # optional, absent means any time; on the clocks of the zone
//	  - days: [mon, tue, wed, thu, fri]
//	    from: "08:00"
//	    until: "19:00"                # up to "24:00"; not after from: of the next day
//	ceilings:                         # for each person and day
//	  documents-per-day: 500
//	  bytes-per-day: 10737418240
//	lease: 8h                         # optional, 8h unless given; from 1m to 720h
//	retention:
//	  gateway-days: 90
//	  provider-copy-days: 30          # 0: the provider keeps no copy
//	exit: destroy                     # or return
//	wind-down:                        # optional; what may still be done after the end, by whom, for how many days
//	  client-system: {days: 90, may: [batch.read, document.inspect, receipt.read]}
//	  provider-manager: {days: 5, may: [batch.read, document.inspect]}
//	  handler: {days: 5, may: [batch.read, document.inspect, assignment.lease, document.read]}
//	transfer:
//	  mechanism: scc                  # none, adequacy, scc, bcr or derogation
//	  instrument: 2025-11-03          # optional: the day of the instrument
//	  assessed: 2025-12-01            # optional: the day of the transfer impact assessment
//	  review: 2027-12-01              # optional: the day by which it is made again
//	sub-processors:                   # [] says that there are none
//	  - {name: Saisie Océan, country: MU, service: correction of points, authorised: 2025-12-15}   # authorised: optional
//	banned-categories: [health]       # optional: categories that no class may hold
//	commercials:                      # optional; recorded
//	  currency: EUR
//	  unit: document                  # what is counted
//	  period: month                   # month, quarter or year
//	  baseline: 20000                 # units in a period that the charge pays for
//	  baseline-charge: 1500000        # charges and prices in the smallest unit of the currency
//	  deadband-percent: 10            # of the baseline, above and below, within which nothing changes
//	  additional:                     # of each unit above (ARC); a band says how many units it reaches to, the last does not
//	  - {up-to: 5000, price: 70}
//	  - {price: 60}
//	  reduced: [{price: 40}]          # credit for each unit below (RRC)
//	  budget: 120000                  # of a period, in whole units of the currency
//	  hard-cap: false                 # true is known, but not enforceable yet
//
// Retention, exit, transfer and sub-processors are recorded as agreed. Hours follow the
// clocks of the zone: an hour that a change to summer time skips has no minutes, one that
// is repeated has them twice. docs/examples/contracts has terms of five trades.
// docs/contracts.md describes each term. [Schema] is the form for editors.
package policy
