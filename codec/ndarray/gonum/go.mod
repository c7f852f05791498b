module github.com/aiomas-go/aiomas-go/codec/ndarray/gonum

go 1.25.0

replace github.com/aiomas-go/aiomas-go => ../../..

require (
	github.com/aiomas-go/aiomas-go v0.0.0
	github.com/google/go-cmp v0.7.0
)

require (
	github.com/vmihailenco/msgpack/v5 v5.4.1 // indirect
	github.com/vmihailenco/tagparser/v2 v2.0.0 // indirect
	gonum.org/v1/gonum v0.17.0
)
