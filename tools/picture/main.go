// Command picture draws docs/architecture.svg from the imports of the repository: rooms
// as boxes, in layers, with arrows for imports.
//
//	go -C tools run ./picture
//
// What a room is stands in rooms.txt. The same imports always give the same picture, and
// a test says when it is out of date.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	root := flag.String("root", "..", "the repository")
	flag.Parse()
	if err := run(*root); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

func run(root string) error {
	picture, err := picture(root)
	if err != nil {
		return err
	}
	return os.WriteFile(pathOf(root), []byte(picture), 0o644)
}

func pathOf(root string) string { return filepath.Join(root, "docs", "architecture.svg") }

func picture(root string) (string, error) {
	captions, err := captions(roomList)
	if err != nil {
		return "", err
	}
	g, err := load(root, captions)
	if err != nil {
		return "", err
	}
	return draw(g, captions), nil
}
