package crypto_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"strings"

	"github.com/bordereau/bordereau/crypto"
)

// A document is sealed into a header, which is kept in the database, and a body, which
// goes to the store. Neither opens without the other.
func Example() {
	contract, err := crypto.NewIdentity()
	if err != nil {
		log.Fatal(err)
	}
	header, body, err := crypto.Seal(strings.NewReader("claim no. 4711"), contract.Recipient())
	if err != nil {
		log.Fatal(err)
	}
	stored, err := io.ReadAll(body)
	if err != nil {
		log.Fatal(err)
	}

	plain, err := crypto.Open(header, bytes.NewReader(stored), contract)
	if err != nil {
		log.Fatal(err)
	}
	text, err := io.ReadAll(plain)
	fmt.Printf("%s, %v\n", text, err)

	// One flipped bit, and the body does not open.
	stored[len(stored)-1] ^= 1
	plain, err = crypto.Open(header, bytes.NewReader(stored), contract)
	if err == nil {
		_, err = io.ReadAll(plain)
	}
	fmt.Println(errors.Is(err, crypto.ErrTampered))

	other, err := crypto.NewIdentity()
	if err != nil {
		log.Fatal(err)
	}
	_, err = crypto.Open(header, bytes.NewReader(stored), other)
	fmt.Println(errors.Is(err, crypto.ErrWrongKey))
	// Output:
	// claim no. 4711, <nil>
	// true
	// true
}

// A contract gets a new key: headers are written again, and bodies are not touched.
func ExampleRewrap() {
	before, err := crypto.NewIdentity()
	if err != nil {
		log.Fatal(err)
	}
	header, body, err := crypto.Seal(strings.NewReader("claim no. 4711"), before.Recipient())
	if err != nil {
		log.Fatal(err)
	}

	after, err := crypto.NewIdentity()
	if err != nil {
		log.Fatal(err)
	}
	header, err = crypto.Rewrap(header, before, after.Recipient())
	if err != nil {
		log.Fatal(err)
	}
	plain, err := crypto.Open(header, body, after)
	if err != nil {
		log.Fatal(err)
	}
	text, err := io.ReadAll(plain)
	fmt.Printf("%s, %v\n", text, err)
	// Output:
	// claim no. 4711, <nil>
}
