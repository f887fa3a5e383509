package verify_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/bordereau/bordereau/audit/verify"
)

// A published ledger is verified from its folder and a key that came another way.
func ExamplePublished() {
	key, err := os.ReadFile("../testdata/key")
	if err != nil {
		log.Fatal(err)
	}
	const ledger = "o_aaaaaaaaaaaaaaaaaaaaaaaaaa"
	evidence := verify.Evidence{Ledger: ledger, Key: strings.TrimSpace(string(key))}

	report, err := verify.Published(context.Background(), os.DirFS("../testdata/published/"+ledger), evidence)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("good:", report.OK())
	fmt.Println("proven:", report.Proven)
	// Output:
	// good: true
	// proven: 260
}

// An evidence pack is verified without the ledger. Without a key from another source, it
// proves nothing, and the report says so.
func ExamplePack() {
	key, err := os.ReadFile("../testdata/key")
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range []string{"good", "event-edited"} {
		file, err := os.Open("../testdata/packs/" + name + ".zip")
		if err != nil {
			log.Fatal(err)
		}
		info, err := file.Stat()
		if err != nil {
			log.Fatal(err)
		}
		report, err := verify.Pack(context.Background(), file, info.Size(),
			verify.PackEvidence{Key: strings.TrimSpace(string(key))})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: %d of %d events proven, %d problems\n", name, report.Proven, report.Events, report.Found)
		if err := file.Close(); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// good: 4 of 4 events proven, 0 problems
	// event-edited: 3 of 4 events proven, 1 problems
}
