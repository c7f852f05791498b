package aiomas

import "time"

// ConnectionInfo is what a connection is at one moment, for those who look on: a page
// for debugging, a check of how near a limit is.
type ConnectionInfo struct {
	LocalAddr  string // as [FormatAddress] writes it
	RemoteAddr string
	Codec      string
	Dialled    bool // this end has made it
	Began      time.Time
	Ended      bool // it is gone, but handlers of it still run
	Closing    bool // by Shutdown

	Calls         int64 // requests of this end that wait for their reply
	CallsTotal    int64
	Requests      int64 // requests of the peer that are not answered yet
	Running       int64 // of these, with a handler that has begun
	RequestsTotal int64
	PendingIn     int64 // bytes of requests that are not answered yet
	PendingOut    int64 // bytes that wait for the peer to read

	Limits Limits // that hold for it, defaults filled in
}

// Connections returns what the connections that count into m are now, in no order. It
// looks at each: it is for people, and for metrics that are read every few seconds.
func (m *Metrics) Connections() []ConnectionInfo {
	states := m.c.States()
	list := make([]ConnectionInfo, len(states))
	for i, s := range states {
		cfg := s.Settings.Errors.(connErrors).cfg
		list[i] = ConnectionInfo{
			LocalAddr: FormatAddress(s.Conn.LocalAddr()), RemoteAddr: s.Peer, Codec: cfg.codec.Name(), Dialled: cfg.dialled,
			Began: s.Began, Ended: s.Ended, Closing: s.Closing, Calls: s.Calls, CallsTotal: s.CallsTotal, Requests: s.Requests,
			Running: s.Running, RequestsTotal: s.RequestsTotal, PendingIn: s.PendingIn, PendingOut: s.PendingOut, Limits: cfg.limits,
		}
	}
	return list
}
