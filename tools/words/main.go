// Command words holds the repository's prose to docs/style.md: comments and pages are at
// most 90 columns wide, and use none of the words in words.txt.
//
//	go -C tools run ./words ..             what is wrong
//	go -C tools run ./words -exempt ..     the places where the rules do not hold yet
//	go -C tools run ./words -all ..        what is wrong, there too
//
// It exits with 1 when there is something, and with 1 when a line of exempt.txt covers
// nothing any more.
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"io"
	"os"
)

//go:embed exempt.txt
var exemptList string

func main() {
	list := flag.Bool("exempt", false, "list the places that are still exempt, with their findings")
	all := flag.Bool("all", false, "show what is wrong in exempt places too")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: go -C tools run ./words [-exempt | -all] FOLDER")
		os.Exit(2)
	}
	good, err := run(os.Stdout, flag.Arg(0), wordList, exemptList, *list, *all)
	if err != nil {
		fmt.Fprintln(os.Stderr, "words:", err)
		os.Exit(2)
	}
	if !good {
		os.Exit(1)
	}
}

func run(out io.Writer, root, wordList, exemptList string, list, all bool) (bool, error) {
	entries, err := parseList(wordList)
	if err != nil {
		return false, fmt.Errorf("reading words.txt: %w", err)
	}
	found, err := checkAll(root, entries)
	if err != nil {
		return false, err
	}
	exemptions := parseExemptions(exemptList)
	left := exempt(found, exemptions)
	if list {
		for _, e := range exemptions {
			fmt.Fprintf(out, "%6d %s\n", e.found, e.place)
		}
		return true, nil
	}
	if all {
		left = found
	}
	left = append(left, needless("tools/words/exempt.txt", exemptions)...)
	for _, f := range left {
		fmt.Fprintln(out, f)
	}
	return len(left) == 0, nil
}
