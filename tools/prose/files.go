package prose

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// Files are the files below root (or root itself) that can hold prose, in order. Hidden
// folders and test data are left out.
func Files(root string) ([]string, error) {
	var paths []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && isLeftOut(entry.Name()):
			return fs.SkipDir
		case entry.Type().IsRegular() && slices.Contains(endings, filepath.Ext(path)):
			paths = append(paths, path)
		}
		return nil
	})
	return paths, err
}

var endings = []string{".go", ".sql", ".yaml", ".yml", ".md"}

func isLeftOut(folder string) bool {
	return strings.HasPrefix(folder, ".") || strings.HasPrefix(folder, "_") ||
		folder == "testdata" || folder == "node_modules" || folder == "vendor"
}
