package installation

import "time"

// silence is how long a server may be silent before the log says that it is waited for.
const silence = 3 * time.Second

// waiting runs open, and says in the log what it waits for when it takes long. A server
// that accepts a connection and never answers would otherwise look like a program that
// does nothing.
func (in *Installation) waiting(what string, open func() error) error {
	after := silence
	if in.options.silence > 0 {
		after = in.options.silence
	}
	timer := time.AfterFunc(after, func() { in.Log.Warn("waiting for an answer", "from", what) })
	defer timer.Stop()
	return open()
}
