module github.com/aiomas-go/aiomas-go/bench

go 1.25.0

replace github.com/aiomas-go/aiomas-go => ../

require (
	connectrpc.com/connect v1.21.0
	github.com/aiomas-go/aiomas-go v0.0.0-00010101000000-000000000000
	github.com/goccy/go-json v0.12.0
	github.com/sourcegraph/jsonrpc2 v0.2.3
	github.com/tinylib/msgp v1.6.5
	github.com/vmihailenco/msgpack/v5 v5.4.1
	golang.org/x/sys v0.47.0
	google.golang.org/grpc v1.84.0
	google.golang.org/protobuf v1.36.12
)

require (
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/philhofer/fwd v1.2.0 // indirect
	github.com/pierrec/lz4/v4 v4.1.33 // indirect
	github.com/vmihailenco/tagparser/v2 v2.0.0 // indirect
	golang.org/x/net v0.58.0 // indirect
	golang.org/x/text v0.41.0 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260817212433-ac3dfec99bb1 // indirect
)
