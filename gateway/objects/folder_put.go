package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"github.com/bordereau/bordereau/gateway"
)

// copyBuffer is what one Put into a folder needs of memory.
const copyBuffer = 128 << 10

// Put implements gateway.Objects. The order is the whole point:
//
//  1. write the body to a file in incoming; fsync it.
//     Die here: a stray file, swept a day later.
//  2. link it to its key. link(2) fails when the name is taken, whatever raced: create-only without a lock.
//     Die here: the object may or may not be there after a power cut, and nobody was told that it is.
//  3. fsync the key's folder: from here on the object survives.
//  4. remove the name in incoming. Die before: the stray name is swept, the object keeps its own.
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
	temp, err := f.receive(ctx, body, size)
	if temp != "" {
		defer f.root.Remove(temp)
	}
	if err != nil {
		return err
	}
	return folderError(f.publish(temp, key))
}

// publish gives the file temp, which is whole and durable, the name key.
func (f *Folder) publish(temp, key string) error {
	folder := path.Dir(key)
	if err := f.makeFolder(folder); err != nil {
		return err
	}
	err := f.root.Link(temp, key)
	if errors.Is(err, fs.ErrExist) {
		if err := f.checkFree(key); err != nil {
			return err
		}
		return gateway.ErrObjectExists // deleted since: we did not get the key all the same
	}
	if err != nil {
		return err
	}
	return f.syncFolder(folder)
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

// receive writes the body to a file in incoming, whole and durable. The file's name is returned with an error too, for
// the caller to remove.
func (f *Folder) receive(ctx context.Context, body io.Reader, size int64) (temp string, err error) {
	temp = tempName()
	file, err := f.root.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", folderError(err)
	}
	m := newMeter(ctx, body, size)
	buffer := f.buffers.Get().(*[]byte)
	defer f.buffers.Put(buffer)
	// Hiding the file's ReadFrom keeps our buffer in use.
	_, err = io.CopyBuffer(struct{ io.Writer }{file}, m, *buffer)
	if err = m.settle(folderError(err)); err == nil {
		err = folderError(file.Sync())
	}
	// Close last and always: some file systems report a failed write only here.
	return temp, errors.Join(err, folderError(file.Close()))
}

// makeFolder makes a folder and its parents, and returns when their entries are on disk. The folder may exist because
// another Put has just made it and not yet synced it, so existing is not enough: what this process has not seen synced
// is synced.
func (f *Folder) makeFolder(folder string) error {
	f.mu.Lock()
	known := f.durable[folder]
	f.mu.Unlock()
	if known {
		return nil
	}
	parent := path.Dir(folder)
	if err := f.makeFolder(parent); err != nil {
		return err
	}
	if err := f.root.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if info, err := f.root.Lstat(folder); err != nil {
		return err
	} else if !info.IsDir() {
		return errors.New("a part of the key is another object")
	}
	if err := f.syncFolder(parent); err != nil {
		return err
	}
	f.mu.Lock()
	f.durable[folder] = true
	f.mu.Unlock()
	return nil
}

func (f *Folder) syncFolder(folder string) error {
	dir, err := f.root.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
