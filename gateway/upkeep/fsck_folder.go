package upkeep

import (
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/bordereau/bordereau/crypto"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// readAtOnce is how many documents are opened at a time.
const readAtOnce = 4

// objectFolders returns the folders into which objectKey puts objects.
func objectFolders() []string {
	const letters = "234567abcdefghijklmnopqrstuvwxyz"
	var folders []string
	for _, a := range letters {
		for _, b := range letters {
			folders = append(folders, "d/"+string(a)+string(b))
		}
	}
	return folders
}

// isObjectKey says whether objectKey could have made the key.
func isObjectKey(key string) bool {
	parts := strings.Split(key, "/")
	return len(parts) == 3 && parts[0] == "d" && policy.ParseIdentifier("x", "x_"+parts[2]) == nil && parts[1] == parts[2][:2]
}

// folders walks through the listing of the store, one folder at a time.
func (c *storeCheck) folders(ctx context.Context) error {
	next, stop := iter.Pull2(c.upkeep.objects.List(ctx, "d/", ""))
	defer stop()
	listing := &objectListing{next: next}
	listing.advance()
	folders := objectFolders()
	for i, folder := range folders {
		c.progress.Tell(int64(i), int64(len(folders)))
		if err := c.unknownObjects(ctx, listing, folder+"/"); err != nil {
			return err
		}
		objects, err := listing.folder(folder + "/")
		if err != nil {
			return err
		}
		if err := c.folder(ctx, folder, objects); err != nil {
			return fmt.Errorf("comparing %s: %w", folder, err)
		}
	}
	c.progress.Tell(int64(len(folders)), int64(len(folders)))
	return c.unknownObjects(ctx, listing, "e")
}

// objectListing is a listing of the store that has read one object ahead.
type objectListing struct {
	next  func() (choke.ObjectInfo, error, bool)
	ahead choke.ObjectInfo
	err   error
	more  bool
}

func (l *objectListing) advance() { l.ahead, l.err, l.more = l.next() }

// folder returns the objects of a folder that lies at the listing's position or before
// it.
func (l *objectListing) folder(prefix string) (map[string]choke.ObjectInfo, error) {
	objects := map[string]choke.ObjectInfo{}
	for ; l.more && l.err == nil && strings.HasPrefix(l.ahead.Key, prefix); l.advance() {
		objects[l.ahead.Key] = l.ahead
	}
	return objects, l.err
}

// unknownObjects takes from the listing what lies before a key, in folders that are not a
// gateway's.
func (c *storeCheck) unknownObjects(ctx context.Context, l *objectListing, before string) error {
	for ; l.more && l.err == nil && l.ahead.Key < before; l.advance() {
		c.report.Objects++
		if err := c.orphan(ctx, l.ahead); err != nil {
			return err
		}
	}
	return l.err
}

// folder compares one folder of objects. It lists the store first and reads the database
// afterwards. A document's row is committed before its first byte goes to the store. So
// an object that was listed and has no row afterwards has none, and a running upload is
// never taken for an orphan, however the two race. On the other side, an upload that was
// received in between seems to have no body. Its object is looked for again.
func (c *storeCheck) folder(ctx context.Context, folder string, objects map[string]choke.ObjectInfo) error {
	c.report.Objects += int64(len(objects))
	var rows []queries.DocumentsInFolderRow
	err := c.upkeep.owner.View(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
		rows, err = tx.DocumentsInFolder(ctx, folder)
		return err
	})
	if err != nil {
		return fmt.Errorf("reading documents: %w", err)
	}
	var toRead []queries.DocumentsInFolderRow
	for _, row := range rows {
		o, there := objects[row.ObjectKey]
		delete(objects, row.ObjectKey)
		whole, err := c.document(ctx, row, o, there)
		if err != nil {
			return err
		}
		if whole && c.Read {
			toRead = append(toRead, row)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(objects)) {
		if err := c.orphan(ctx, objects[key]); err != nil {
			return err
		}
	}
	return c.readAll(ctx, toRead)
}

// document checks that a document's object is there, or is gone, as it should. whole says
// that the object is there and has the right length.
func (c *storeCheck) document(ctx context.Context, row queries.DocumentsInFolderRow, o choke.ObjectInfo, there bool) (whole bool, err error) {
	f := Finding{Object: row.ObjectKey, Contract: row.Contract, Document: row.ID}
	switch {
	case row.State == policy.DocumentReceiving:
		return false, nil // it runs, or Sweep abandons it
	case row.State == policy.DocumentAbandoned:
		if there && c.upkeep.sweptForGood(row) {
			f.Kind = FindingAbandoned
			return false, c.stale(ctx, f, row)
		}
		return false, nil
	case row.ObjectGone >= 0:
		if there && row.ObjectGone > 0 { // otherwise the erasure still runs
			f.Kind = FindingErased
			return false, c.stale(ctx, f, row)
		}
		return false, nil
	}
	c.report.Documents++
	if row.Epoch == 0 {
		f.Kind, f.State, f.Detail = FindingHeaderMissing, FindingWrong, "it was not erased, and has no header: no one can open it"
		c.add(f)
		return false, nil
	}
	if !there {
		if o, there, err = c.lookAgain(ctx, row.ObjectKey); err != nil {
			return false, err
		}
	}
	return c.judge(ctx, f, row, o, there)
}

// judge says what is wrong with the body of a received document.
func (c *storeCheck) judge(ctx context.Context, f Finding, row queries.DocumentsInFolderRow, o choke.ObjectInfo, there bool) (whole bool, err error) {
	f.State = FindingWrong
	switch want := crypto.SealedSize(row.Size); {
	case !there:
		f.Kind, f.Detail = FindingBodyMissing, "the store does not have it"
	case o.Size != want:
		f.Kind, f.Detail = FindingBodyLength, fmt.Sprintf("it has %d bytes and should have %d", o.Size, want)
	default:
		return true, nil
	}
	stands, err := c.stillReceived(ctx, row.ID)
	if err == nil && stands {
		c.add(f)
	}
	return false, err
}

// lookAgain looks for one object.
func (c *storeCheck) lookAgain(ctx context.Context, key string) (choke.ObjectInfo, bool, error) {
	for o, err := range c.upkeep.objects.List(ctx, key, "") {
		return o, err == nil && o.Key == key, err
	}
	return choke.ObjectInfo{}, false, nil
}

// stillReceived returns false if the document was erased meanwhile.
func (c *storeCheck) stillReceived(ctx context.Context, id choke.DocumentID) (stands bool, err error) {
	err = c.upkeep.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		_, err := tx.DocumentHeader(ctx, id)
		stands = err == nil
		return choke.IgnoreNoRows(err)
	})
	return stands, err
}

// readAll opens documents and compares them with their digests.
func (c *storeCheck) readAll(ctx context.Context, rows []queries.DocumentsInFolderRow) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readAtOnce)
	for _, row := range rows {
		group.Go(func() error { return c.read(ctx, row) })
	}
	return group.Wait()
}

func (c *storeCheck) read(ctx context.Context, row queries.DocumentsInFolderRow) error {
	body, err := c.upkeep.keys.BodyOf(ctx, row.ID)
	if choke.IsNoRows(err) {
		return nil // it was erased meanwhile
	}
	if err == nil {
		err = c.upkeep.keys.VerifyBody(ctx, body, io.Discard, io.Discard)
	}
	if err != nil && (choke.IsUnavailable(err) || ctx.Err() != nil) {
		return err
	}
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.report.Read++
		return nil
	}
	stands, again := c.stillReceived(ctx, row.ID)
	if again == nil && stands {
		c.add(Finding{Kind: FindingBodyUnreadable, State: FindingWrong, Object: row.ObjectKey, Contract: row.Contract,
			Document: row.ID, Detail: err.Error()})
	}
	return again
}
