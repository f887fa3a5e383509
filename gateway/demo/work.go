package demo

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"github.com/bordereau/bordereau/gateway/api"
)

// work sends every trade's batch, and its handler reads it.
func (p *player) work(ctx context.Context, trades []*trade) error {
	for i, t := range trades {
		p.chapter(t.contract.Title)
		if err := p.fillBatch(ctx, t); err != nil {
			return err
		}
		if i == 0 {
			p.refuseUploads(ctx, t)
		}
		if err := p.handOver(ctx, t); err != nil {
			return err
		}
		if err := p.readAll(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// fillBatch opens a batch and sends its documents.
func (p *player) fillBatch(ctx context.Context, t *trade) error {
	system := p.cast[t.system]
	var err error
	if t.batch, err = p.openBatch(ctx, t.contract.ID, t.goods.reference, p.as(system)); err == nil {
		p.world.Batches[t.key] = t.batch.ID
	}
	if err := p.did(err, "%s opens batch %s", system.name, t.goods.reference); err != nil {
		return err
	}
	for _, i := range t.goods.items {
		s, err := p.upload(ctx, system, t, i)
		if err != nil {
			return p.did(err, "%s sends “%s”", system.name, i.fileName)
		}
		t.sent = append(t.sent, s)
	}
	_ = p.did(nil, "%s sends %s, %s; every receipt is signed by the gateway and names what was sent",
		system.name, count(len(t.sent), "document"), sizeOf(t.goods.bytes()))
	again, err := p.upload(ctx, system, t, t.goods.items[0])
	if err == nil && (again.document.ID != t.sent[0].document.ID || again.receipt.JWS != t.sent[0].receipt.JWS) {
		err = fmt.Errorf("got document %s, receipt %s", again.document.ID, again.receipt.ID)
	}
	return p.did(err, "sent once more, “%s” gets the same receipt", t.goods.items[0].fileName)
}

// upload sends a document and checks its receipt.
func (p *player) upload(ctx context.Context, by *actor, t *trade, i item) (sent, error) {
	content, err := i.open()
	if err != nil {
		return sent{}, err
	}
	defer content.Close()
	u, err := api.Send(ctx, p.raw, i.describe(t.batch.ID), content, p.with(by, call{file: i.fileName}))
	if err != nil {
		return sent{}, err
	}
	s := sent{item: i, document: u.Document, receipt: u.Receipt}
	return s, p.checkReceipt(t, s)
}

// checkReceipt compares the signed receipt with the sent document.
func (p *player) checkReceipt(t *trade, s sent) error {
	claims, err := api.VerifyReceipt(p.signers, s.receipt.JWS)
	if err != nil {
		return err
	}
	// Only the time comes from the gateway alone; all else must be as sent.
	want := api.ReceiptClaims{ID: s.receipt.ID, Kind: "received", IssuedAt: claims.IssuedAt, Document: s.document.ID,
		Batch: t.batch.ID, Contract: t.contract.ID, ContractVersion: t.contract.Version, Client: t.contract.Client,
		Reference: s.reference, Class: s.class, MediaType: s.mediaType, Size: s.size, SHA256: hex.EncodeToString(s.sha256)}
	if claims != want {
		return fmt.Errorf("the receipt says %+v, should say %+v", claims, want)
	}
	return nil
}

// handOver seals the batch, and has it assigned and leased.
func (p *player) handOver(ctx context.Context, t *trade) error {
	system, manager, handler := p.cast[t.system], p.cast[t.manager], p.cast[t.handler()]
	manifest := api.Manifest{Documents: int64(len(t.sent)), Bytes: t.goods.bytes(), Totals: t.goods.totals}
	wrong := manifest
	wrong.Documents++
	_, err := p.seal(ctx, t.batch.ID, wrong, p.as(system))
	p.refused(err, refusal{status: 409, kind: "manifest-mismatch"}, "a manifest that counts a document too many does not seal it")
	sealed, err := p.seal(ctx, t.batch.ID, manifest, p.as(system))
	if err == nil && sealed.State != api.BatchStateSealed {
		err = fmt.Errorf("the batch is %s", sealed.State)
	}
	if err := p.did(err, "%s seals it: %s, %d bytes%s", system.name, count(len(t.sent), "document"), t.goods.bytes(), totals(t.goods.totals)); err != nil {
		return err
	}
	assignment, err := p.assign(ctx, t.batch.ID, api.NewAssignment{Person: handler.id, All: true}, p.as(manager))
	if err == nil && len(assignment.Documents) != len(t.sent) {
		err = fmt.Errorf("%d documents are assigned", len(assignment.Documents))
	}
	if err := p.did(err, "%s, who sees no content, assigns it to %s", manager.name, handler.name); err != nil {
		return err
	}
	leased, err := p.lease(ctx, assignment.ID, p.as(handler))
	if err == nil && leased.LeaseUntil == nil {
		err = fmt.Errorf("assignment %s has no lease", leased.ID)
	}
	if err != nil {
		return p.did(err, "%s takes it in charge", handler.name)
	}
	return p.did(nil, "%s takes it in charge until %s", handler.name, leased.LeaseUntil.UTC().Format(time.DateTime+" MST"))
}

// readAll downloads the sent documents and compares them.
func (p *player) readAll(ctx context.Context, t *trade) error {
	handler := p.cast[t.handler()]
	for i := range t.sent {
		if err := p.read(ctx, handler, &t.sent[i]); err != nil {
			return p.did(err, "%s reads “%s”", handler.name, t.sent[i].fileName)
		}
	}
	return p.did(nil, "%s reads %s: digests, sizes, types and file names are those that were sent", handler.name, count(len(t.sent), "document"))
}

// read downloads a document and compares it with the sent one.
func (p *player) read(ctx context.Context, by *actor, s *sent) error {
	d, err := api.Fetch(ctx, p.raw, s.document.ID, p.with(by, call{save: s.fileName}))
	if err != nil {
		return err
	}
	defer d.Close()
	s.reads++
	if _, err := io.Copy(io.Discard, d); err != nil { // checks that the bytes have the announced digest
		return err
	}
	got := fmt.Sprintf("%x, %d bytes, %s, %q", d.SHA256, d.Size, d.MediaType, d.FileName)
	if want := fmt.Sprintf("%x, %d bytes, %s, %q", s.sha256, s.size, s.mediaType, api.SafeFileName(s.fileName)); got != want {
		return fmt.Errorf("got %s, sent %s", got, want)
	}
	return nil
}
