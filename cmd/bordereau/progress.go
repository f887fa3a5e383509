package main

import (
	"os"

	"github.com/mattn/go-isatty"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/bordereau/bordereau/gateway"
)

// progressBar shows how far long work has come, on a terminal; anywhere else, and in quiet, it is nothing. stop takes it
// away, whether the work was finished or not.
func progressBar(name string, quiet bool) (progress gateway.Progress, stop func()) {
	if quiet || !isatty.IsTerminal(os.Stderr.Fd()) {
		return nil, func() {}
	}
	shown := mpb.New(mpb.WithOutput(os.Stderr))
	bar := shown.AddBar(0, mpb.BarRemoveOnComplete(), mpb.PrependDecorators(decor.Name(name+" "), decor.CountersNoUnit("%d of %d")),
		mpb.AppendDecorators(decor.AverageETA(decor.ET_STYLE_GO)))
	progress = func(done, total int64) {
		bar.SetTotal(total, false)
		bar.SetCurrent(done)
	}
	return progress, func() {
		bar.Abort(true)
		shown.Wait()
	}
}
