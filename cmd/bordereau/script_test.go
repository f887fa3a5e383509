package main

import (
	"testing"

	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"bordereau": main,
		"aged":      command(aged),
		"deliver":   command(deliver),
		"slowly":    command(slowly),
	})
}

// The command line is tested as scripts: testdata/*.txtar.
func TestScripts(t *testing.T) {
	needs.NoRace(t, "it runs other processes")
	testscript.Run(t, testscript.Params{Dir: "testdata", Cmds: scriptCommands()})
}
