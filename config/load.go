package config

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/rawbytes"
	"github.com/knadh/koanf/v2"
)

// maxFileSize bounds the files that Load reads, in bytes.
const maxFileSize = 1 << 20

// Load reads the file at path, then the environment, in the form of os.Environ, over it.
// An empty path means no file: the defaults and the environment, with relative paths from
// the current folder. The error is an *Error when the configuration is wrong, and another
// error when the file cannot be read or is no YAML.
func Load(path string, environ []string) (Config, error) {
	folder, text, mode, err := readConfig(path)
	if err != nil {
		return Config{}, fmt.Errorf("reading configuration: %w", err)
	}
	layers := koanf.New(".")
	if err := layers.Load(rawbytes.Provider(text), strictYAML{}); err != nil {
		return Config{}, fmt.Errorf("reading configuration: %s: %w", path, err)
	}
	c := Default()
	keys := keysOf(&c)
	var found problems
	if mode&0o007 != 0 {
		found.exposed(keys, layers)
	}
	overrides := fromEnvironment(environ, folder, keys, &found)
	if err := layers.Load(confmap.Provider(overrides, "."), nil); err != nil {
		return Config{}, fmt.Errorf("reading environment: %w", err)
	}
	assign(layers.Raw(), "", keys, &found)
	c = c.Resolve(folder)
	unread := len(found) > 0
	found.follow(c.Validate())
	found.locate(lines(text), overrides)
	if unread {
		return Config{}, found.err()
	}
	return c, found.err()
}

// readConfig gives the text and the mode of the file, and the absolute folder that paths
// count from.
func readConfig(path string) (folder string, text []byte, mode fs.FileMode, err error) {
	if path == "" {
		folder, err = filepath.Abs(".")
		return folder, nil, 0, err
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", nil, 0, err
	}
	text, mode, err = readBounded(absolute)
	return filepath.Dir(absolute), text, mode, err
}

func readBounded(path string) ([]byte, fs.FileMode, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, 0, err
	}
	text, err := io.ReadAll(io.LimitReader(file, maxFileSize+1))
	if err != nil {
		return nil, 0, err
	}
	if len(text) > maxFileSize {
		return nil, 0, fmt.Errorf("%s is larger than %d bytes", path, maxFileSize)
	}
	return text, info.Mode().Perm(), nil
}

// exposed adds a problem for every secret in a file that all users of the machine may
// read.
func (p *problems) exposed(keys map[string]key, file *koanf.Koanf) {
	for path, k := range keys {
		if k.isSecret() && file.Get(path) != nil {
			p.add(path, "a secret in a file that all users of this machine may read: chmod o= the file, or use %s_FILE", variable(path))
		}
	}
}
