// Command relay stands between two aiomas programs of any language and decodes and encodes every message: the place to
// look at messages or to change them. It needs to know neither functions nor custom types.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"log"
	"net"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
	"github.com/aiomas-go/aiomas-go/codec/frame"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

var codecs = map[string]codec.Codec{"json": json.Codec, "msgpack": msgpack.Codec, "msgpack-blosc": blosc.Codec}

// all keeps what it does not know, and the order of dicts.
var all = new(codec.Registry).WithDecoding(codec.Decoding{Ordered: true, Opaque: true})

func main() {
	listen := flag.String("listen", "127.0.0.1:5556", "`host:port` for clients")
	to := flag.String("to", "127.0.0.1:5555", "`host:port` of the server")
	name := flag.String("codec", "json", "json, msgpack or msgpack-blosc")
	flag.Parse()
	ln, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ready", "tcp://"+ln.Addr().String())
	for client, err := ln.Accept(); err == nil; client, err = ln.Accept() {
		if server, err := net.Dial("tcp", *to); err == nil {
			go pass(codecs[*name], client, server)
			go pass(codecs[*name], server, client)
		}
	}
}

// pass relays messages until their sender ends, or sends what is none.
func pass(c codec.Codec, from, to net.Conn) {
	defer to.(*net.TCPConn).CloseWrite() //nolint:errcheck // it may have been closed by the other end
	for in, out := frame.NewReader(bufio.NewReader(from), 0), []byte(nil); ; {
		f, err := in.Next()
		if err != nil {
			return
		}
		if out, err = again(c, out[:0], f[frame.HeaderSize:]); err == nil {
			_, err = to.Write(out)
		}
		if err != nil {
			log.Print(err)
			return
		}
	}
}

// again appends the frame of a message that was decoded and encoded.
func again(c codec.Codec, dst, payload []byte) ([]byte, error) {
	m, err := c.ParseMessage(payload, codec.Limits{})
	if err != nil {
		return dst, err
	}
	var content any
	if err := m.Decode(c, &content, all); err != nil {
		return dst, err
	}
	return frame.AppendFunc(dst, func(b []byte) ([]byte, error) { return c.AppendMessage(b, m.Type, m.ID, content, nil) })
}
