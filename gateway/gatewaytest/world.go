package gatewaytest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/policy"
)

// World is a client with a provider under one contract in force. Another provider must
// see nothing of it.
type World struct {
	*House

	Client, Provider, OtherProvider gateway.OrganisationID
	Contract                        gateway.ContractID

	Manager, Approver, Officer gateway.Caller // of the client
	System                     gateway.Caller // sends documents
	ProviderManager            gateway.Caller
	Handler, Colleague         gateway.Caller // both handlers on the contract

	Stranger gateway.Caller // handles documents for the other provider, on another contract
}

// Terms is a contract between the two organisations: class `form` takes PDF up to 1 MiB,
// class `anything` takes any type and size and may be empty. Reading is allowed from
// 192.0.2.0/24, 100 documents a day.
func Terms(reference string, client, provider gateway.OrganisationID) []byte {
	return []byte(strings.NewReplacer("REFERENCE", reference, "CLIENT", string(client), "PROVIDER", string(provider)).Replace(`
reference: REFERENCE
title: Motor claim indexing
client: CLIENT
provider: PROVIDER
purpose: Index motor claim files
data-categories: [identification, claim-history]
validity: {from: 2026-01-01, until: 2027-12-31, zone: Europe/Paris}
classes:
  form: {media-types: [application/pdf], max-bytes: 1048576}
  anything: {media-types: ["*/*"], max-bytes: 5497558138880, allow-empty: true}
sites:
  - {name: tunis, country: TN, networks: [192.0.2.0/24]}
ceilings: {documents-per-day: 100, bytes-per-day: 1099511627776}
lease: 8h
retention: {gateway-days: 90, provider-copy-days: 30}
exit: destroy
transfer: {mechanism: scc}
sub-processors: []
`))
}

// Unlimited is a contract like that of Terms whose ceilings nothing reaches.
func Unlimited(client, provider gateway.OrganisationID) []byte {
	text := strings.ReplaceAll(string(Terms("UNLIMITED-1", client, provider)), "documents-per-day: 100,", "documents-per-day: 1000000000,")
	return []byte(strings.ReplaceAll(text, "bytes-per-day: 1099511627776", "bytes-per-day: 9007199254740992"))
}

// World builds organisations, people and contracts through the gateway's own operations.
func (h *House) World(t testing.TB) *World {
	t.Helper()
	w := &World{House: h}
	w.Client = h.Organisation(t, gateway.KindClient, "Assurances Test")
	w.Provider = h.Organisation(t, gateway.KindProvider, "Provider One")
	w.OtherProvider = h.Organisation(t, gateway.KindProvider, "Provider Two")
	w.Manager = h.Person(t, w.Client, "Mona Manager", policy.RoleContractManager)
	w.Approver = h.Person(t, w.Client, "Alix Approver", policy.RoleContractManager)
	w.Officer = h.Person(t, w.Client, "Odile Officer", policy.RoleComplianceOfficer)
	w.Contract = w.NewContract(t, Terms("MOTOR-1", w.Client, w.Provider))
	w.System = w.Member(t, w.Contract, w.Client, "Claims system", policy.RoleClientSystem)
	w.ProviderManager = w.Member(t, w.Contract, w.Provider, "Paul Manager", policy.RoleProviderManager)
	w.Handler = w.Member(t, w.Contract, w.Provider, "Hana Handler", policy.RoleHandler)
	w.Colleague = w.Member(t, w.Contract, w.Provider, "Hugo Handler", policy.RoleHandler)
	other := w.NewContract(t, Terms("OTHER-1", w.Client, w.OtherProvider))
	w.Stranger = w.Member(t, other, w.OtherProvider, "Otto Outsider", policy.RoleHandler)
	return w
}

// another is the name, with a number from the second time on: a name is one organisation
// or one member, and a test that asks twice means two.
func (h *House) another(name string) string {
	h.names.Lock()
	defer h.names.Unlock()
	if h.taken == nil {
		h.taken = map[string]int{}
	}
	if h.taken[name]++; h.taken[name] > 1 {
		return fmt.Sprintf("%s %d", name, h.taken[name])
	}
	return name
}

// Organisation adds an organisation.
func (h *House) Organisation(t testing.TB, kind gateway.OrganisationKind, name string) gateway.OrganisationID {
	t.Helper()
	name = h.another(name)
	o, err := h.Gateway.CreateOrganisation(t.Context(), h.Operator, gateway.NewOrganisation{Kind: kind, Name: name, Country: "FR"})
	if err != nil {
		t.Fatalf("creating organisation: %v", err)
	}
	return o.ID
}

// Person adds a member with duties.
func (h *House) Person(t testing.TB, org gateway.OrganisationID, name string, duties ...policy.Role) gateway.Caller {
	t.Helper()
	n := gateway.NewMember{Name: h.another(name), Duties: duties}
	if slices.Contains(duties, policy.RoleAuditor) {
		n.Until = h.now().AddDate(1, 0, 0) // an auditor stays for a time
	}
	m, err := h.Gateway.AddMember(t.Context(), h.Operator, org, n)
	if err != nil {
		t.Fatalf("adding member: %v", err)
	}
	return caller(m.ID)
}

// NewContract proposes the terms and has them approved by the other manager.
func (w *World) NewContract(t testing.TB, terms []byte) gateway.ContractID {
	t.Helper()
	c, err := w.Gateway.ProposeContract(t.Context(), w.Manager, terms)
	if err != nil {
		t.Fatalf("proposing contract: %v", err)
	}
	if _, err := w.Gateway.ApproveContract(t.Context(), w.Approver, c.ID, c.Version); err != nil {
		t.Fatalf("approving contract: %v", err)
	}
	return c.ID
}

// Member adds a person with a role on a contract.
func (w *World) Member(t testing.TB, contract gateway.ContractID, org gateway.OrganisationID, name string, role policy.Role) gateway.Caller {
	t.Helper()
	p := w.Person(t, org, name)
	if _, err := w.Gateway.GrantRole(t.Context(), w.Manager, contract, gateway.NewMembership{Person: p.Person, Role: role}); err != nil {
		t.Fatalf("granting role: %v", err)
	}
	return p
}

// Join gives the world's people their roles on another contract of the same parties.
func (w *World) Join(t testing.TB, contract gateway.ContractID) {
	t.Helper()
	for _, m := range []gateway.NewMembership{{Person: w.System.Person, Role: policy.RoleClientSystem},
		{Person: w.ProviderManager.Person, Role: policy.RoleProviderManager}, {Person: w.Handler.Person, Role: policy.RoleHandler},
		{Person: w.Colleague.Person, Role: policy.RoleHandler}} {
		if _, err := w.Gateway.GrantRole(t.Context(), w.Manager, contract, m); err != nil {
			t.Fatalf("granting role: %v", err)
		}
	}
}

// Open opens a batch.
func (w *World) Open(t testing.TB, reference string) gateway.BatchID {
	t.Helper()
	b, _, err := w.Gateway.OpenBatch(t.Context(), w.System, w.Contract, reference)
	if err != nil {
		t.Fatalf("opening batch: %v", err)
	}
	return b.ID
}

// Content is a document's content as a test makes it: recognisable, and different for
// each reference.
func Content(reference string, size int) []byte {
	line := []byte("Sinistre " + reference + " Plaintext-Marker ")
	return bytes.Repeat(line, size/len(line)+1)[:size]
}

// Incoming is the upload of content under class anything.
func Incoming(batch gateway.BatchID, reference string, content []byte) gateway.NewDocument {
	digest := sha256.Sum256(content)
	return gateway.NewDocument{Batch: batch, Reference: reference, Class: "anything", MediaType: "text/plain",
		FileName: "Déclaration " + reference + ".txt", Length: int64(len(content)),
		Digests: []gateway.Digest{{Field: "Content-Digest", Algorithm: gateway.DigestSHA256, Sum: digest[:]}}}
}

// Upload sends content and fails the test when it is not received.
func (w *World) Upload(t testing.TB, batch gateway.BatchID, reference string, content []byte) (gateway.Document, gateway.Receipt) {
	t.Helper()
	d, r, err := w.Gateway.Upload(t.Context(), w.System, Incoming(batch, reference, content), bytes.NewReader(content))
	if err != nil {
		t.Fatalf("uploading %s: %v", reference, err)
	}
	return d, r
}

// Sent is a sealed batch of n documents of 10,000 bytes.
func (w *World) Sent(t testing.TB, n int) (gateway.BatchID, []gateway.Document) {
	t.Helper()
	batch := w.Open(t, "lot-"+strings.ToLower(policy.NewID("x"))[2:10])
	var documents []gateway.Document
	for i := range n {
		ref := fmt.Sprintf("claim-%03d", i)
		d, _ := w.Upload(t, batch, ref, Content(ref, 10_000))
		documents = append(documents, d)
	}
	w.Seal(t, batch, documents)
	return batch, documents
}

// Seal seals a batch that holds exactly the documents.
func (w *World) Seal(t testing.TB, batch gateway.BatchID, documents []gateway.Document) {
	t.Helper()
	m := gateway.Manifest{Documents: int64(len(documents))}
	for _, d := range documents {
		m.Bytes += d.Size
	}
	if _, err := w.Gateway.SealBatch(t.Context(), w.System, batch, m); err != nil {
		t.Fatalf("sealing batch: %v", err)
	}
}

// Taken assigns the whole batch to Handler, who takes the lease.
func (w *World) Taken(t testing.TB, batch gateway.BatchID) gateway.Assignment {
	t.Helper()
	a, err := w.Gateway.Assign(t.Context(), w.ProviderManager, batch, gateway.NewAssignment{Person: w.Handler.Person, All: true})
	if err != nil {
		t.Fatalf("assigning: %v", err)
	}
	a, err = w.Gateway.Lease(t.Context(), w.Handler, a.ID)
	if err != nil {
		t.Fatalf("leasing: %v", err)
	}
	return a
}

// Read downloads a document as the caller.
func (w *World) Read(t testing.TB, c gateway.Caller, id gateway.DocumentID) ([]byte, error) {
	t.Helper()
	content, err := w.Gateway.Open(t.Context(), c, id)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = content.Send(t.Context(), &b)
	return b.Bytes(), err
}
