package demo

import (
	"bytes"
	"context"
	"encoding/hex"

	"github.com/bordereau/bordereau/gateway/api"
)

// refuseUploads tries to send documents that the contract does not allow, and documents
// that are not as announced. The batch is open.
func (p *player) refuseUploads(ctx context.Context, t *trade) {
	system := p.cast[t.system]
	try := func(n api.NewDocument, content []byte, want refusal, sentence string) {
		n.Batch = t.batch.ID
		_, err := api.Send(ctx, p.raw, n, bytes.NewReader(content), p.with(system, call{file: n.FileName}))
		p.refused(err, want, "%s", sentence)
	}
	text := []byte("Ceci n'est pas un sinistre.\n")
	other := ofBytes("not-sent", "note.txt", t.sent[0].class, t.sent[0].mediaType, text)

	wrong := other.describe("")
	wrong.Class = "payslip"
	try(wrong, text, refusal{422, "denied", "unknown-class"}, "a class that the contract does not have is refused")
	if t.key == "motor" {
		wrong = other.describe("")
		wrong.MediaType = "text/plain"
		try(wrong, text, refusal{415, "denied", "media-type"}, "a media type that the class does not allow is refused")
		try(other.describe(""), text, refusal{415, "denied", "content-mismatch"}, "text that calls itself a PDF is refused")
		empty := ofBytes("not-sent", "vide.pdf", t.sent[0].class, t.sent[0].mediaType, nil)
		try(empty.describe(""), nil, refusal{422, "denied", "empty-document"}, "an empty file is refused")
	}
	wrong = other.describe("")
	wrong.SHA256 = t.sent[0].sha256
	if t.key != "motor" { // there the content would be refused before its digest is known
		try(wrong, text, refusal{status: 400, kind: "digest-mismatch"}, "bytes without the announced digest are refused")
	}
	wrong = other.describe("")
	wrong.Reference = "..up"
	try(wrong, text, refusal{status: 400, kind: "reference"}, "a reference that looks like a way out of a folder is refused")
	wrong = other.describe("")
	wrong.Reference = t.sent[0].reference
	try(wrong, text, refusal{status: 409, kind: "reference-taken"}, "other bytes under a reference that is taken are refused")
}

// protect shows that only the leased handler reads, and that a contract's end or
// suspension ends all access.
func (p *player) protect(ctx context.Context, t *trade) error {
	p.chapter("What is refused")
	x := &t.sent[0]
	handler, colleague, outsider := p.cast[t.handler()], p.cast[t.handlers[1]], p.cast["hery"]
	try := func(by *actor, want refusal, sentence string, names ...any) {
		_, err := api.Fetch(ctx, p.raw, x.document.ID, p.as(by))
		p.refused(err, want, sentence, names...)
	}
	try(nil, refusal{status: 401, kind: "unauthenticated"}, "without a token no one reads “%s”", x.fileName)
	try(outsider, refusal{status: 404, kind: "not-found"}, "for %s of the other provider it does not exist", outsider.name)
	try(colleague, refusal{403, "denied", "not-assigned"}, "%s, to whom it is not assigned, does not read it", colleague.name)
	try(p.cast[t.manager], refusal{403, "denied", "no-rule"}, "%s, who assigns, does not read it", p.cast[t.manager].name)
	try(p.cast["operator"], refusal{status: 404, kind: "not-found"}, "for the operator it does not exist")

	late := ofBytes("late", "Retardataire.pdf", x.class, x.mediaType, []byte("%PDF-1.4\n"))
	_, err := api.Send(ctx, p.raw, late.describe(t.batch.ID), bytes.NewReader([]byte("%PDF-1.4\n")), p.with(p.cast[t.system], call{file: late.fileName}))
	p.refused(err, refusal{409, "denied", "batch-state"}, "a sealed batch takes no documents")
	_, err = p.openBatch(ctx, p.world.Contracts["expired"], "TOO-LATE", p.as(p.cast[t.system]))
	p.refused(err, refusal{403, "denied", "contract-expired"}, "a contract that has ended takes no batches")

	return p.pause(ctx, t, handler, x)
}

// pause suspends the contract and resumes it, and watches its handler.
func (p *player) pause(ctx context.Context, t *trade, handler *actor, x *sent) error {
	officer, manager := p.cast[t.officer], p.cast[t.proposer]
	_, err := p.suspend(ctx, t.contract.ID, "unusual reading at night", p.as(officer))
	if err := p.did(err, "%s suspends the contract", officer.name); err != nil {
		return err
	}
	_, err = api.Fetch(ctx, p.raw, x.document.ID, p.as(handler))
	p.refused(err, refusal{403, "denied", "contract-suspended"}, "at once, %s reads nothing more", handler.name)
	_, err = p.resume(ctx, t.contract.ID, "explained", p.as(manager))
	if err := p.did(err, "%s resumes the contract", manager.name); err != nil {
		return err
	}
	return p.did(p.read(ctx, handler, x), "%s reads again; SHA-256 %s", handler.name, hex.EncodeToString(x.sha256))
}
