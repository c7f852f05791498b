package pyenv

import "os"

// Signal sends the process a signal, for example one that stops it for a while.
func (p *Peer) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }
