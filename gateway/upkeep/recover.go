package upkeep

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bordereau/bordereau/crypto"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/gateway/keys"
	"github.com/bordereau/bordereau/policy"
)

// Recovery says what LocalRecover writes. The keys are those of the gateway's Config: its
// roots, or recovery identities in their place.
type Recovery struct {
	Contract   choke.ContractID // empty: all of them
	Age        bool             // write sealed standard age files instead of the plaintext
	Identities bool             // with Age: write also the contracts' identities, which open the files
	To         RecoveryFolder
}

// RecoveryFolder is where recovered files go. Their names are made of the gateway's
// identifiers, with slashes, and contain no text of a user. It is safe for concurrent
// use.
type RecoveryFolder interface {
	// Open opens the file of this name, and returns fs.ErrNotExist if there is none.
	Open(name string) (io.ReadCloser, error)

	// Create begins a file that only its owner can read.
	Create(name string) (RecoveryFile, error)
}

// RecoveryFile is a file that is being written. It has its name only after Commit.
type RecoveryFile interface {
	io.Writer
	Commit() error  // makes it durable under its name, and never replaces another
	Discard() error // removes it; does nothing after Commit
}

// RecoveryStatus says what became of a document in a recovery.
type RecoveryStatus string

// These are the outcomes of a document.
const (
	RecoveryDone    RecoveryStatus = "recovered"
	RecoveryPresent RecoveryStatus = "present" // it was there already, whole
	RecoveryErased  RecoveryStatus = "erased"  // no one can open it, as was intended
	RecoveryFailed  RecoveryStatus = "failed"  // Reason says why
)

// These are the reasons for RecoveryFailed.
const (
	RecoveryMissingBody   = "missing-body"   // the store does not have it
	RecoveryTampered      = "tampered"       // header, body or identity was changed
	RecoveryWrongKey      = "wrong-key"      // the keys at hand do not open the contract's identity
	RecoveryKeyDestroyed  = "key-destroyed"  // the contract's identity is gone
	RecoveryHeaderMissing = "header-missing" // although it was not erased
	RecoveryStoreFailed   = "store-failed"   // it is unavailable or refuses: try again
	RecoveryOtherFile     = "other-file"     // another file has its name, and stays
)

// Recovered is a line of a recovery's manifest: one document and its outcome.
type Recovered struct {
	Document          choke.DocumentID     `json:"document"`
	Contract          choke.ContractID     `json:"contract"`
	ContractReference string               `json:"contract_reference"`
	Client            choke.OrganisationID `json:"client"`
	Batch             choke.BatchID        `json:"batch"`
	BatchReference    string               `json:"batch_reference"`
	Reference         string               `json:"reference"` // the client's own
	Class             policy.Class         `json:"class"`
	MediaType         string               `json:"media_type"`
	Charset           string               `json:"charset,omitempty"`   // of a text, as it was declared
	FileName          string               `json:"file_name,omitempty"` // as it was sent; erased with the document
	Size              int64                `json:"size"`                // of the plaintext, in bytes
	Digest            string               `json:"sha256"`              // of the plaintext
	Received          time.Time            `json:"received"`

	Status RecoveryStatus `json:"status"`
	Path   string         `json:"path,omitempty"`  // where it was written, in the folder
	Epoch  int64          `json:"epoch,omitempty"` // of the contract's identity that opens an age file
	Reason string         `json:"reason,omitempty"`
	Detail string         `json:"detail,omitempty"`
}

// RecoveryReport sums a recovery up.
type RecoveryReport struct {
	Documents  int64 `json:"documents"`
	Recovered  int64 `json:"recovered"`
	Present    int64 `json:"present"`
	Erased     int64 `json:"erased"`
	Failed     int64 `json:"failed"`
	Bytes      int64 `json:"bytes"` // of plaintext that was recovered
	Identities int64 `json:"identities"`
}

// recoverAtOnce is how many documents are recovered at a time. recoverPage is how many
// are recovered before they are reported.
const (
	recoverAtOnce = 4
	recoverPage   = 64
)

// ErrForgottenErasures means that the database was restored from a backup that is older
// than some erasures in the journal. It would return documents that were erased.
var ErrForgottenErasures = errors.New("the erasure journal has erasures that the database does not: run `bordereau keys reapply-erasures` first")

// LocalRecover writes documents into a folder, as the owner of the machine and of the
// keys. It is for the day on which nothing else is left of an installation. It records
// each contract's listing and each document in the client's ledger, durably before it
// writes the first byte. It calls each for every document that was ever received, in
// order, once the document is done. A document that does not open is reported and does
// not stop the others. A failure of the database, the ledger or the folder stops the
// recovery.
func (u *Upkeep) LocalRecover(ctx context.Context, r Recovery, each func(Recovered) error, progress choke.Progress) (RecoveryReport, error) {
	run := &recovery{Recovery: r, upkeep: u, each: each, progress: progress}
	forgotten, err := u.erasures.UnknownErasures(ctx)
	if err == nil && len(forgotten) > 0 {
		err = ErrForgottenErasures
	}
	if err == nil {
		err = run.contracts(ctx)
	}
	return run.report, choke.Unavailable(err)
}

// recovery is a running recovery.
type recovery struct {
	Recovery
	upkeep   *Upkeep
	each     func(Recovered) error
	progress choke.Progress
	total    int64
	report   RecoveryReport
}

func (r *recovery) contracts(ctx context.Context) error {
	var contracts []queries.Contract
	err := r.upkeep.keys.EachContract(ctx, func(c keys.ContractRow) error {
		if r.Contract != "" && r.Contract != c.Id {
			return nil
		}
		return r.upkeep.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
			row, err := tx.Contract(ctx, c.Id)
			if err != nil {
				return err
			}
			n, err := tx.CountReceivedDocuments(ctx, row.ID)
			r.total += n
			contracts = append(contracts, row)
			return err
		})
	})
	if err != nil {
		return err
	}
	if r.Contract != "" && len(contracts) == 0 {
		return choke.ErrNotFound
	}
	r.progress.Tell(0, r.total)
	for _, c := range contracts {
		if err := r.contract(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// contract recovers one contract's documents, after it has recorded that they are listed.
func (r *recovery) contract(ctx context.Context, c queries.Contract) error {
	e := r.upkeep.owner.Event(policy.ActionDocumentRecover)
	e.Contract, e.Provider = string(c.ID), string(c.Provider)
	if err := r.upkeep.owner.Record(ctx, string(c.Client), e, nil); err != nil {
		return err
	}
	if r.Age && r.Identities {
		if err := r.identities(ctx, c); err != nil {
			return err
		}
	}
	for after := ""; ; {
		var rows []queries.ReceivedDocumentsRow
		err := r.upkeep.owner.View(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
			rows, err = tx.ReceivedDocuments(ctx, queries.ReceivedDocumentsParams{Contract: c.ID, After: policy.DocumentID(after), Limit: recoverPage})
			return err
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := r.page(ctx, c, rows); err != nil {
			return err
		}
		after = string(rows[len(rows)-1].Document.ID)
	}
}

// page recovers a few documents at once, and reports them in order.
func (r *recovery) page(ctx context.Context, c queries.Contract, rows []queries.ReceivedDocumentsRow) error {
	results := make([]Recovered, len(rows))
	group, working := errgroup.WithContext(ctx)
	group.SetLimit(recoverAtOnce)
	for i, row := range rows {
		group.Go(func() (err error) {
			results[i], err = r.document(working, c, row)
			return err
		})
	}
	err := group.Wait()
	for _, d := range results {
		if d.Status == "" {
			continue // not begun, because another one stopped the recovery
		}
		r.count(d)
		if err := r.each(d); err != nil {
			return err
		}
	}
	r.progress.Tell(r.report.Documents, r.total)
	return err
}

func (r *recovery) count(d Recovered) {
	r.report.Documents++
	switch d.Status {
	case RecoveryDone:
		r.report.Recovered++
		r.report.Bytes += d.Size
	case RecoveryPresent:
		r.report.Present++
	case RecoveryErased:
		r.report.Erased++
	case RecoveryFailed:
		r.report.Failed++
	}
}

// record returns what is known of a document before it is opened.
func record(c queries.Contract, row queries.ReceivedDocumentsRow) Recovered {
	d := row.Document
	return Recovered{Document: d.ID, Contract: c.ID, ContractReference: c.Reference, Client: c.Client,
		Batch: d.Batch, BatchReference: row.BatchReference, Reference: d.Reference, Class: d.Class,
		MediaType: d.MediaType, Charset: d.Charset, Size: d.Size, Digest: hex.EncodeToString(d.Digest), Received: d.Received.Time()}
}

// failed returns the document with the reason why it could not be recovered.
func (d Recovered) failed(reason string, err error) Recovered {
	d.Status, d.Path, d.Reason, d.Detail = RecoveryFailed, "", reason, err.Error()
	return d
}

// path returns the name of a document in the folder. It contains no text of a user: its
// ending comes from a closed list.
func (r *recovery) path(d Recovered) string {
	ending := endings()[policy.SameMediaType(d.MediaType)]
	if r.Age {
		ending = ".age"
	}
	return "documents/" + string(d.Contract) + "/" + string(d.Batch) + "/" + string(d.Document) + ending
}

// endings are the file name endings by which a desktop chooses a program. Other media
// types get none.
func endings() map[string]string {
	return map[string]string{
		"application/pdf": ".pdf", "image/tiff": ".tif", "image/jpeg": ".jpg", "image/png": ".png", "text/plain": ".txt", "text/csv": ".csv",
		"application/json": ".json", "application/xml": ".xml", "message/rfc822": ".eml", "application/zip": ".zip",
		"application/msword": ".doc", "application/vnd.ms-excel": ".xls", "application/vnd.ms-powerpoint": ".ppt", "application/rtf": ".rtf",
		"application/vnd.ms-outlook": ".msg", "audio/mp4": ".m4a", "application/vnd.oasis.opendocument.text": ".odt",
		"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   ".docx",
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         ".xlsx",
		"application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
	}
}

// identities writes the contract's identities of all epochs that documents are sealed to.
// It records each identity before it writes it.
func (r *recovery) identities(ctx context.Context, c queries.Contract) error {
	var epochs []int64
	err := r.upkeep.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		keys, err := tx.ContractKeys(ctx, c.ID)
		for _, k := range keys {
			epochs = append(epochs, k.Epoch)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("reading contract keys: %w", err)
	}
	for _, epoch := range epochs {
		if err := r.identity(ctx, c, epoch); err != nil {
			return fmt.Errorf("writing identity %d of %s: %w", epoch, c.ID, err)
		}
	}
	return nil
}

// identity writes one identity. It leaves out an identity that does not open or is
// destroyed: the documents show this.
func (r *recovery) identity(ctx context.Context, c queries.Contract, epoch int64) error {
	var identity *crypto.Identity
	e := r.upkeep.owner.KeyEvent(policy.ActionKeyRecover, c.ID, epoch)
	err := r.upkeep.owner.Record(ctx, string(c.Client), e, func(ctx context.Context, tx *database.Tx) (_ bool, err error) {
		identity, err = r.upkeep.keys.Identity(ctx, tx, keys.Epoch{Contract: c.ID, Epoch: epoch})
		return err == nil, err
	})
	if reason := identityFailure(err); reason != "" {
		return nil
	}
	if err != nil {
		return err
	}
	name := fmt.Sprintf("identities/%s-%d.key", c.ID, epoch)
	text := fmt.Sprintf("# The key of contract %s, epoch %d: it opens the documents of that epoch.\n# public key: %s\n%s\n", c.ID, epoch,
		identity.Recipient(), identity.Secret())
	there, err := r.compare(name, text)
	if err != nil || there {
		return err
	}
	r.report.Identities++
	return r.write(name, func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
}

// compare says whether a small file with this text is there.
func (r *recovery) compare(name, text string) (there bool, err error) {
	file, err := r.To.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	got, err := io.ReadAll(io.LimitReader(file, int64(len(text))+1))
	if err == nil && string(got) != text {
		err = errors.New("another file has this name: choose an empty folder")
	}
	return true, err
}

// write writes one file, whole or not at all.
func (r *recovery) write(name string, content func(io.Writer) error) (err error) {
	file, err := r.To.Create(name)
	if err != nil {
		return fmt.Errorf("%w: %w", choke.ErrReceiver, err)
	}
	if err := content(file); err != nil {
		return errors.Join(err, file.Discard())
	}
	if err := file.Commit(); err != nil {
		return errors.Join(fmt.Errorf("%w: %w", choke.ErrReceiver, err), file.Discard())
	}
	return nil
}

// identityFailure returns the reason why an identity cannot be had. It is empty for other
// errors, such as an unavailable database.
func identityFailure(err error) string {
	switch {
	case errors.Is(err, choke.ErrNotFound):
		return RecoveryKeyDestroyed
	case errors.Is(err, crypto.ErrWrongKey):
		return RecoveryWrongKey
	case errors.Is(err, crypto.ErrTampered):
		return RecoveryTampered
	default:
		return ""
	}
}
