package api_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/bordereau/bordereau/gateway/api"
)

// standIn answers as a gateway would: it gives tokens, takes one document and gives it
// back, and has no other.
func standIn() *httptest.Server {
	const id = "d_aaaaaaaaaaaaaaaaaaaaaaaaaa"
	var content []byte
	mux := http.NewServeMux()
	mux.HandleFunc("POST /oauth/token", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"access_token":"token","token_type":"Bearer","expires_in":3600}`)
	})
	mux.HandleFunc("PUT /v1/batches/{batch}/documents/{reference}", func(w http.ResponseWriter, r *http.Request) {
		content, _ = io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, `{"document":{"id":"`+id+`"},"receipt":{"jws":"signed"}}`)
	})
	mux.HandleFunc("GET /v1/documents/"+id+"/content", func(w http.ResponseWriter, _ *http.Request) {
		sum := sha256.Sum256(content)
		w.Header().Set("Content-Disposition", api.FormatDisposition("constat.pdf"))
		w.Header().Set("Content-Type", "application/pdf")
		w.Header().Set("Repr-Digest", api.FormatDigest(sum[:]))
		_, _ = w.Write(content)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, `{"type":"about:blank","title":"There is no such thing, or it is not yours.","status":404}`)
	})
	return httptest.NewServer(mux)
}

// A client's system signs in and sends a document; a handler of the provider fetches it.
func Example() {
	server := standIn()
	defer server.Close()
	ctx := context.Background()
	client, err := api.NewClient(server.URL)
	if err != nil {
		log.Fatal(err)
	}
	token, err := api.SignIn(ctx, client, "p_aaaaaaaaaaaaaaaaaaaaaaaaaa", "secret")
	if err != nil {
		log.Fatal(err)
	}

	const text = "%PDF-1.7 synthetic"
	sum := sha256.Sum256([]byte(text))
	upload, err := api.Send(ctx, client, api.NewDocument{
		Batch: "b_aaaaaaaaaaaaaaaaaaaaaaaaaa", Reference: "claim-1", Class: "claim-form",
		MediaType: "application/pdf", FileName: "constat.pdf", Size: int64(len(text)), SHA256: sum[:],
	}, strings.NewReader(text), api.Bearer(token.AccessToken))
	if err != nil {
		log.Fatal(err) // safe to send again, unless it is a *api.Problem
	}
	fmt.Println("sent", upload.Document.ID)

	// The document is whole only when reading it ends with io.EOF.
	download, err := api.Fetch(ctx, client, upload.Document.ID, api.Bearer(token.AccessToken))
	if err != nil {
		log.Fatal(err)
	}
	defer download.Close()
	content, err := io.ReadAll(download)
	fmt.Printf("got %s: %s, %v\n", download.FileName, content, err)

	// A refusal is a problem with a status and a sentence.
	_, err = api.Fetch(ctx, client, "d_bbbbbbbbbbbbbbbbbbbbbbbbbb", api.Bearer(token.AccessToken))
	var problem *api.Problem
	fmt.Println(errors.As(err, &problem) && problem.Status == http.StatusNotFound)
	// Output:
	// sent d_aaaaaaaaaaaaaaaaaaaaaaaaaa
	// got constat.pdf: %PDF-1.7 synthetic, <nil>
	// true
}
