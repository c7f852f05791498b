module github.com/aiomas-go/aiomas-go/bench

go 1.25.0

replace (
	github.com/aiomas-go/aiomas-go => ../
	github.com/aiomas-go/aiomas-go/nats => ../nats
)

require (
	connectrpc.com/connect v1.21.0
	github.com/HdrHistogram/hdrhistogram-go v1.4.0
	github.com/aiomas-go/aiomas-go v0.0.0-00010101000000-000000000000
	github.com/aiomas-go/aiomas-go/nats v0.0.0-00010101000000-000000000000
	github.com/go-json-experiment/json v0.0.0-20251027170946-4849db3c2f7e
	github.com/goccy/go-json v0.12.0
	github.com/nats-io/nats.go v1.53.1
	github.com/sourcegraph/jsonrpc2 v0.2.3
	github.com/tinylib/msgp v1.6.5
	github.com/vmihailenco/msgpack/v5 v5.4.1
	golang.org/x/sys v0.47.0
	google.golang.org/grpc v1.84.0
	google.golang.org/protobuf v1.36.12
)

require (
	github.com/antithesishq/antithesis-sdk-go v0.7.2-default-no-op // indirect
	github.com/google/go-tpm v0.9.8 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/minio/highwayhash v1.0.4 // indirect
	github.com/nats-io/jwt/v2 v2.8.2 // indirect
	github.com/nats-io/nats-server/v2 v2.14.5 // indirect
	github.com/nats-io/nkeys v0.4.16 // indirect
	github.com/nats-io/nuid v1.0.1 // indirect
	github.com/philhofer/fwd v1.2.0 // indirect
	github.com/pierrec/lz4/v4 v4.1.33 // indirect
	github.com/vmihailenco/tagparser/v2 v2.0.0 // indirect
	golang.org/x/crypto v0.55.0 // indirect
	golang.org/x/net v0.58.0 // indirect
	golang.org/x/text v0.41.0 // indirect
	golang.org/x/time v0.15.0 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260817212433-ac3dfec99bb1 // indirect
)
