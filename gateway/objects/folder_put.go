package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/bordereau/bordereau/crypto/durable"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/s3/body"
)

// copyBuffer is what one Put into a folder needs of memory.
const copyBuffer = 128 << 10

// Put implements gateway.Objects. The order is the whole point:
//
//  1. write the body to a file in incoming; fsync it.
//     Die here: an abandoned file, swept a day later.
//  2. link it to its key. link(2) fails when the name is taken, whatever raced:
//     create-only without a lock. Die here: the object may or may not be there after a
//     power cut, and no caller was told that it is.
//  3. fsync the key's folder: from here on the object survives.
//  4. remove the name in incoming. Die before: the abandoned name is swept, the object
//     keeps its own.
func (f *Folder) Put(ctx context.Context, key string, body io.Reader, size int64) error {
	if err := f.put(ctx, key, body, size); err != nil {
		return fmt.Errorf("storing object: %w", err)
	}
	return nil
}

func (f *Folder) put(ctx context.Context, key string, body io.Reader, size int64) error {
	if err := errors.Join(ctx.Err(), CheckKey(key)); err != nil {
		return err
	}
	if err := f.checkFree(key); err != nil {
		return folderError(err) // saves reading a body in vain; link decides
	}
	p, err := f.files.Begin(tempName(), 0o600)
	if err != nil {
		return folderError(err)
	}
	defer p.Discard()
	if err := f.receive(ctx, p, body, size); err != nil {
		return err
	}
	return folderError(f.publish(p, key))
}

// publish gives the file, which is whole and durable, the name key.
func (f *Folder) publish(p *durable.Pending, key string) error {
	err := p.Publish(key)
	if errors.Is(err, fs.ErrExist) {
		if err := f.checkFree(key); err != nil {
			return err
		}
		return gateway.ErrObjectExists // deleted since: we did not get the key all the same
	}
	return err
}

// checkFree is ErrObjectExists when key is taken by an object.
func (f *Folder) checkFree(key string) error {
	info, err := f.root.Lstat(key)
	switch {
	case missing(err):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return errors.New("key is the folder of other objects")
	}
	return gateway.ErrObjectExists
}

// receive writes the body to a file in incoming, whole and durable.
func (f *Folder) receive(ctx context.Context, p *durable.Pending, content io.Reader, size int64) error {
	m := body.NewMeter(ctx, content, size)
	buffer := f.buffers.Get().(*[]byte)
	defer f.buffers.Put(buffer)
	// Hiding the file's ReadFrom keeps our buffer in use.
	_, err := io.CopyBuffer(struct{ io.Writer }{p}, m, *buffer)
	if err := m.Settle(folderError(err)); err != nil {
		return err
	}
	return folderError(p.Flush())
}
