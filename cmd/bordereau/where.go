package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/config"
)

// configName is the name of the configuration in the folder of an installation.
const configName = "bordereau.yaml"

// where names the installation of a command.
type where struct {
	data, file string
}

func (w *where) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&w.data, "data", "", "folder of the installation, with "+configName+" in it")
	cmd.Flags().StringVar(&w.file, "config", "", "configuration file, in place of --data (default: "+configName+" in this folder)")
	cmd.MarkFlagsMutuallyExclusive("data", "config")
}

// path is the configuration file.
func (w where) path() string {
	switch {
	case w.file != "":
		return w.file
	case w.data != "":
		return filepath.Join(w.data, configName)
	default:
		return configName
	}
}

func (w where) load() (config.Config, error) {
	c, err := config.Load(w.path(), os.Environ())
	if errors.Is(err, os.ErrNotExist) {
		return c, fmt.Errorf("there is no %s: name an installation with --data or --config, or make one with `bordereau init`", w.path())
	}
	return c, err
}

func newLogger(c config.Log) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.Level}
	if c.Format == config.JSON {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}
