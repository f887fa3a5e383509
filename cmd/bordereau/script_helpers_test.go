package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bordereau/bordereau/gateway/api"
)

// scriptCommands are the commands of scripts beside running programs:
//
//	await FILE                    waits until the file is there
//	pick VARIABLE FILE MEMBER…    sets a variable to the value at a.b.c in a JSON file
//	credential FILE READY PERSON  writes the credential of a person of the demo
//
// The file `stdout` is the last output. READY is the demo's ready file.
func scriptCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"await": func(ts *testscript.TestScript, _ bool, args []string) {
			for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(10 * time.Millisecond) {
				if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
					return
				}
				if time.Now().After(deadline) {
					ts.Fatalf("%s did not come", args[0])
				}
			}
		},
		"pick": func(ts *testscript.TestScript, _ bool, args []string) {
			ts.Setenv(args[0], pick(ts, ts.ReadFile(args[1]), args[2]))
		},
		"credential": func(ts *testscript.TestScript, _ bool, args []string) {
			ready := ts.ReadFile(args[1])
			text, err := json.Marshal(map[string]string{"client_id": pick(ts, ready, "people."+args[2]+".id"),
				"client_secret": pick(ts, ready, "people."+args[2]+".secret")})
			ts.Check(err)
			ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o600))
		},
	}
}

// pick is the text or number at a path of members and indexes.
func pick(ts *testscript.TestScript, text, path string) string {
	var at any
	ts.Check(json.Unmarshal([]byte(text), &at))
	for _, name := range strings.Split(path, ".") {
		switch v := at.(type) {
		case map[string]any:
			at = v[name]
		case []any:
			i, err := strconv.Atoi(name)
			ts.Check(err)
			at = v[i]
		}
	}
	if at == nil {
		ts.Fatalf("there is no %s in %s", path, text)
	}
	return fmt.Sprint(at)
}

// deliver prepares the reading of a document: the client's system sends one of -size
// bytes in a batch of its own and seals the batch, the provider's manager assigns it to a
// handler, and the handler takes the lease. It prints the identifiers.
//
//	deliver -size N -class CLASS CONTRACT SYSTEM MANAGER HANDLER
//
// The last three are files with credentials.
func deliver() error {
	size := flag.Int64("size", 10, "")
	class := flag.String("class", "form", "")
	flag.Parse()
	ctx, contract := context.Background(), flag.Arg(0)
	var clients [3]*api.Client
	for i := range clients {
		var err error
		if clients[i], err = (connection{credentials: flag.Arg(1 + i)}).dial(ctx); err != nil {
			return err
		}
	}
	system, manager, handler := clients[0], clients[1], clients[2]
	person, err := readCredential(flag.Arg(3))
	if err != nil {
		return err
	}
	batch, _, err := api.Read[api.Batch](system.OpenBatch(ctx, contract, api.NewBatch{Reference: fmt.Sprint("lot-", time.Now().UnixNano())}))
	if err != nil {
		return err
	}
	digest := sha256.New()
	if _, err := io.Copy(digest, zeros(*size)); err != nil {
		return err
	}
	sent, err := api.Send(ctx, system, api.NewDocument{Batch: batch.ID, Reference: "one", Class: *class, MediaType: "text/plain",
		FileName: "Zeros.txt", Size: *size, SHA256: digest.Sum(nil)}, zeros(*size))
	if err != nil {
		return err
	}
	if _, _, err := api.Read[api.Batch](system.SealBatch(ctx, batch.ID, api.Manifest{Documents: 1, Bytes: *size})); err != nil {
		return err
	}
	assignment, _, err := api.Read[api.Assignment](manager.AssignDocuments(ctx, batch.ID, api.NewAssignment{Person: string(person.Person), All: true}))
	if err != nil {
		return err
	}
	if _, _, err := api.Read[api.Assignment](handler.TakeLease(ctx, assignment.ID)); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]string{"batch": batch.ID, "document": sent.Document.ID, "assignment": assignment.ID})
}

// zeros is a content of n bytes.
func zeros(n int64) io.Reader { return io.LimitReader(zero{}, n) }

type zero struct{}

func (zero) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// slowly reads a document as a person with a slow line does: the first MiB at once, then
// nothing until a file appears, then 64 KiB at a time with a pause, so that the rest
// takes as long as its size says. It fails when the download breaks.
//
//	slowly DOCUMENT CREDENTIALS BEGUN GO
//
// It makes the file BEGUN once the first MiB is there, and goes on when there is a file
// GO.
func slowly() error {
	ctx := context.Background()
	client, err := (connection{credentials: os.Args[2]}).dial(ctx)
	if err != nil {
		return err
	}
	download, err := api.Fetch(ctx, client, os.Args[1])
	if err != nil {
		return err
	}
	defer download.Close()
	read, err := io.CopyN(io.Discard, download, 1<<20)
	if err != nil {
		return err
	}
	if err := os.WriteFile(os.Args[3], nil, 0o600); err != nil {
		return err
	}
	for {
		if _, err := os.Stat(os.Args[4]); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	for {
		n, err := io.CopyN(io.Discard, download, 64<<10)
		read += n
		switch {
		case err == io.EOF:
			fmt.Printf("all %d bytes came\n", read)
			return nil
		case err != nil:
			return fmt.Errorf("cut after %d of %d bytes: %w", read, download.Size, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// command is a helper as a process of its own.
func command(f func() error) func() {
	return func() {
		if err := f(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// commandLine runs a command in this process, and returns its exit code and its output.
func commandLine(t *testing.T, args ...string) (exit int, said string) {
	t.Helper()
	root, started := newRoot(), false
	noteStart(root, &started)
	var out strings.Builder
	root.SetArgs(args)
	root.SetOut(&out)
	err := root.ExecuteContext(t.Context())
	if err != nil {
		out.WriteString(err.Error())
	}
	return exitCode(err, started), out.String()
}
