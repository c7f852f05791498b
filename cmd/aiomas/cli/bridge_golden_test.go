package cli

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/record"
	"github.com/aiomas-go/aiomas-go/internal/golden"
)

// Every value that Python has written goes through a bridge and back, and is what it was if the other codec can carry it;
// else that one call fails.
func TestBridgeGoldenValues(t *testing.T) {
	for _, names := range [][2]string{{"json", "msgpack"}, {"msgpack", "json"}, {"msgpack", "msgpack-blosc"}, {"json", "json"}} {
		from, to := record.CodecByName(names[0]), record.CodecByName(names[1])
		t.Run(names[0]+" by "+names[1], func(t *testing.T) {
			t.Parallel()
			r := aiomas.NewRouter()
			r.Expose("identity", func(v codec.Value) codec.Value { return v })
			l, err := aiomas.Listen(t.Context(), "tcp://127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			server := aiomas.NewServer(r, aiomas.WithCodec(to))
			served := make(chan struct{})
			go func() { defer close(served); _ = server.Serve(context.Background(), l) }()
			defer func() { _ = server.Close(); <-served }()
			bridge := start(t, "bridge", "--codec", names[0], "--to", l.Addr().String(), "--to-codec", names[1])
			bridge.ready(t, bridge.stdout)
			client, err := aiomas.Dial(t.Context(), bridge.addr, aiomas.WithCodec(from))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = client.Close() }()
			same, failed := 0, 0
			for _, c := range golden.Cases(t, names[0]) {
				if c.Kind != golden.Value || c.Payload == nil || len(c.Types) > 0 {
					continue
				}
				var v, back codec.Value
				if err := codec.Unmarshal(from, c.Payload, &v, nil); err != nil {
					continue // what Python writes and this side refuses is tested with the codecs
				}
				want, wantErr := through(from, to, c.Payload)
				err := client.Remote("identity").Call(t.Context(), &back, v)
				if errors.As(err, new(*codec.EncodeError)) {
					continue // too deep as an argument: nothing was sent
				} else if (err != nil) != (wantErr != nil) {
					t.Errorf("%s: %v, want %v", c.Name, err, wantErr)
					continue
				} else if err != nil {
					failed++
					continue
				}
				got, err := codec.Marshal(from, back, nil)
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("%s: %.100q, %v, want %.100q", c.Name, got, err, want)
				}
				if bytes.Equal(got, c.Payload) {
					same++
				}
			}
			if same < 50 {
				t.Errorf("only %d values came back as they were, %d failed", same, failed)
			}
			t.Logf("%d came back as they were, %d cannot be carried", same, failed)
		})
	}
}

// A bridge finds out what the other side speaks.
func TestBridgeFindsCodec(t *testing.T) {
	eachPeer(t, func(t *testing.T, _, addr string) {
		bridge := start(t, "bridge", "--to", addr, "--to-codec", "auto")
		bridge.ready(t, bridge.stdout)
		for range 2 {
			aiomasCmd(t, "", "call", bridge.addr, "add", "1", "2", "--codec", "json").want(t, 0, "3\n", "")
		}
	})
}

// through is what a value becomes that is encoded by another codec in between.
func through(from, to codec.Codec, payload []byte) ([]byte, error) {
	ordered := new(codec.Registry).WithDecoding(codec.Decoding{Ordered: true, Opaque: true})
	for _, step := range [][2]codec.Codec{{from, to}, {to, from}} {
		var v any
		if err := codec.Unmarshal(step[0], payload, &v, ordered); err != nil {
			return nil, err
		}
		var err error
		if payload, err = codec.Marshal(step[1], v, ordered); err != nil {
			return nil, err
		}
	}
	return payload, nil
}
