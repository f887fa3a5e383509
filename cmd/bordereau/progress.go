package main

import (
	"os"

	"github.com/mattn/go-isatty"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/bordereau/bordereau/gateway"
)

// progressBar shows the progress of long work on a terminal. Without a terminal, and with
// quiet, it shows nothing. stop removes the bar, also when the work was not finished.
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
