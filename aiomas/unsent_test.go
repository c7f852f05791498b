package aiomas_test

import (
	"errors"
	"testing"
)

// marshaler is an argument that runs code while it is encoded.
type marshaler func() error

func (m marshaler) MarshalJSON() ([]byte, error) { return []byte("null"), m() }

// A peer can reply to a call that has not left yet, since ids can be guessed. If that
// call then does not leave, the reply is not taken for that of the next one.
func TestReplyToACallThatDoesNotLeave(t *testing.T) {
	client, p := newRawClient(t, newInlineService().router)
	for round := range 3 {
		failed := errors.New("no")
		err := client.Remote("f").Call(t.Context(), nil, marshaler(func() error {
			p.send(result(2*round, 5), request(7, "add", 1, 2))
			p.expect(result(7, 3)) // so the reply has been taken before it
			return failed
		}))
		if !errors.Is(err, failed) {
			t.Errorf("the call that does not leave: %v", err)
		}
		var got int
		next := make(chan error, 1)
		go func() { next <- client.Remote("f").Call(t.Context(), &got) }()
		p.recv()
		p.send(result(2*round+1, 42))
		if err := <-next; err != nil || got != 42 {
			t.Errorf("the next call: %d, %v", got, err)
		}
	}
}
