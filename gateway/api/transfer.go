package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
)

// NewDocument describes the document to Send.
type NewDocument struct {
	Batch     BatchID
	Reference Reference
	Class     string
	MediaType string // of the content, as `application/pdf`
	FileName  string // any language, 1 to 1024 bytes
	Size      int64  // exact number of bytes; -1 when unknown
	SHA256    []byte // 32 bytes; nil when unknown: the gateway then computes it
}

// Send uploads one document. It is safe to repeat. Repeat it after any error that is not
// a *Problem: the document may have arrived.
func Send(ctx context.Context, c *Client, d NewDocument, content io.Reader, editors ...RequestEditorFn) (Upload, error) {
	params := &UploadDocumentParams{Class: d.Class, ContentDisposition: FormatDisposition(d.FileName)}
	if d.SHA256 != nil {
		digest := FormatDigest(d.SHA256)
		params.ContentDigest = &digest
	}
	response, err := c.UploadDocumentWithBody(ctx, d.Batch, d.Reference, params, d.MediaType, content,
		append(editors, withLength(d.Size))...)
	if err != nil {
		return Upload{}, fmt.Errorf("sending document: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		return Upload{}, fmt.Errorf("sending document: %w", problemOf(response))
	}
	var u Upload
	if err := json.NewDecoder(response.Body).Decode(&u); err != nil {
		return Upload{}, fmt.Errorf("sending document: reading answer: %w", err)
	}
	return u, nil
}

// withLength announces the size of a body. The generated client cannot do it. net/http
// takes a length of 0 for an unknown one, unless there is no body at all.
func withLength(size int64) RequestEditorFn {
	return func(_ context.Context, r *http.Request) error {
		if size == 0 {
			r.Body, r.GetBody = http.NoBody, nil
		}
		r.ContentLength = size
		return nil
	}
}

// Download is a running download. Read gives io.EOF only after the whole document with
// the announced digest. Every other end is another error. The caller closes it.
type Download struct {
	FileName  string // as SafeFileName makes it from the name that was sent
	MediaType string // with the charset that was declared, if any
	Size      int64  // bytes
	SHA256    []byte // 32 bytes, as announced

	body io.ReadCloser
	hash hash.Hash
	read int64
}

// Fetch downloads a document's content.
func Fetch(ctx context.Context, c *Client, document DocumentID, editors ...RequestEditorFn) (*Download, error) {
	response, err := c.DownloadDocument(ctx, document, nil, editors...)
	if err != nil {
		return nil, fmt.Errorf("fetching document: %w", err)
	}
	d, err := newDownload(response)
	if err != nil {
		response.Body.Close()
		return nil, fmt.Errorf("fetching document: %w", err)
	}
	return d, nil
}

func newDownload(response *http.Response) (*Download, error) {
	if response.StatusCode != http.StatusOK {
		return nil, problemOf(response)
	}
	d := &Download{
		MediaType: response.Header.Get("Content-Type"), Size: response.ContentLength,
		body: response.Body, hash: sha256.New(),
	}
	var err error
	if d.FileName, err = ParseDisposition(response.Header.Get("Content-Disposition")); err != nil {
		return nil, err
	}
	if d.SHA256, err = ParseDigest(response.Header.Get("Repr-Digest")); err != nil {
		return nil, fmt.Errorf("repr-digest: %w", err)
	}
	if d.SHA256 == nil || d.Size < 0 {
		return nil, errors.New("the answer does not announce its digest and its length")
	}
	return d, nil
}

// Read implements io.Reader.
func (d *Download) Read(p []byte) (int, error) {
	n, err := d.body.Read(p)
	d.hash.Write(p[:n])
	d.read += int64(n)
	if err == io.EOF && (d.read != d.Size || !bytes.Equal(d.hash.Sum(nil), d.SHA256)) {
		err = errors.New("fetching document: the content does not have the announced digest and length")
	}
	return n, err
}

// Close implements io.Closer.
func (d *Download) Close() error { return d.body.Close() }
