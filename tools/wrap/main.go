// Command wrap fills the prose of files anew where a line is wider than 90 columns:
//
//	go -C tools run ./wrap ../audit ../docs/audit.md
//
// It breaks comments of Go, SQL and YAML and paragraphs and items of Markdown. It touches
// no code, table, heading, directive, expected output or generated file, and no paragraph
// that is narrow enough as it stands.
package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/bordereau/bordereau/tools/prose"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: go -C tools run ./wrap FILE-OR-FOLDER…")
		os.Exit(2)
	}
	for _, root := range os.Args[1:] {
		if err := wrapBelow(root); err != nil {
			fmt.Fprintln(os.Stderr, "wrap:", err)
			os.Exit(1)
		}
	}
}

func wrapBelow(root string) error {
	paths, err := prose.Files(root)
	if err != nil {
		return err
	}
	for _, path := range paths {
		before, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		after, err := wrap(path, string(before))
		if err != nil {
			return fmt.Errorf("wrapping %s: %w", path, err)
		}
		if after == string(before) {
			continue
		}
		if err := os.WriteFile(path, []byte(after), 0o644); err != nil {
			return err
		}
		fmt.Println(path)
	}
	return nil
}

func wrap(path, content string) (string, error) {
	blocks, err := prose.Blocks(path, []byte(content))
	if err != nil {
		return "", err
	}
	lines := strings.Split(content, "\n")
	for _, block := range slices.Backward(blocks) {
		if isWide(block) {
			from := block.First - 1
			lines = slices.Replace(lines, from, from+len(block.Lines), block.Fill(prose.Width)...)
		}
	}
	return strings.Join(lines, "\n"), nil
}

func isWide(block prose.Block) bool {
	if block.Kind != prose.Text && block.Kind != prose.Item {
		return false
	}
	for i := range block.Lines {
		if block.IsWide(i, prose.Width) {
			return true
		}
	}
	return false
}
