// Package conformance is the service that the conformance peers of both languages offer; docs/conformance.md
// describes it. Programs that show or try connections can offer it, too.
package conformance

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// Service is the conformance service. Its methods are exposed one by one in [New];
// Private is there to be found and refused.
type Service struct {
	router *aiomas.Router
	sub    *aiomas.Router
	codec  string
	peers  func() int
}

// Router makes it a service.
func (s *Service) Router() *aiomas.Router { return s.router }

// New returns the service for connections of codec c. peers, which may be called at any time after New has returned,
// tells the number of open connections.
func New(c codec.Codec, peers func() int) *Service {
	s := &Service{codec: c.Name(), peers: peers}
	r := aiomas.NewObjectRouter(s)
	s.router = r
	r.ExposeMethod("Add", aiomas.Params("a", "b"), aiomas.Defaults(aiomas.Kwargs{"b": int64(0)}))
	r.ExposeMethod("Identity", aiomas.Params("x"))
	r.ExposeMethod("Typename", aiomas.Params("x"))
	r.ExposeMethod("Sleep", aiomas.Params("seconds", "result"), aiomas.Defaults(aiomas.Kwargs{"result": nil}))
	r.ExposeMethod("Fail", aiomas.Params("type", "message"))
	r.ExposeMethod("CallBack", aiomas.Params("proxy", "n"))
	r.ExposeMethod("CallBackFail", aiomas.Params("proxy"))
	r.ExposeMethod("Payload", aiomas.Params("n"))
	r.ExposeMethods("Echo", "Unserializable", "GetSub", "Peers")

	deep := aiomas.NewRouter()
	deep.Expose("name", deep.Path)
	s.sub = aiomas.NewObjectRouter(&subService{})
	s.sub.Expose("name", s.sub.Path)
	if err := errors.Join(s.sub.Add("deep", deep), r.Add("sub", s.sub)); err != nil {
		panic(err)
	}
	return s
}

type subService struct{}

// Private exists, and peers are told that it is not exposed.
func (s *Service) Private() string { return "never seen by a peer" }

// Echo returns its arguments.
func (s *Service) Echo(kwargs aiomas.Kwargs, args ...any) (any, any) {
	if args == nil {
		args = []any{}
	}
	return args, kwargs
}

// Identity returns x, decoded and encoded again.
func (s *Service) Identity(x any) any { return x }

// Typename returns the Python name of what arrived.
func (s *Service) Typename(x codec.Value) (string, error) {
	if k := x.Kind(); k == codec.KindList && s.codec != "json" {
		return "tuple", nil
	} else if k != codec.KindNull && k != codec.KindDict {
		return k.String(), nil
	}
	v, err := x.Any() // a dict may be a custom type
	switch v.(type) {
	case nil:
		return "NoneType", err
	case *aiomas.Proxy:
		return "Proxy", nil
	case time.Time:
		return "Arrow", nil
	}
	return "dict", err
}

// Sleep answers after a time without holding up others.
func (s *Service) Sleep(ctx context.Context, seconds float64, result any) (any, error) {
	d := time.Duration(math.MaxInt64) // for what is longer, or no number
	if ns := seconds * float64(time.Second); ns < math.MaxInt64 {
		d = time.Duration(max(ns, 0))
	}
	t := time.NewTimer(d)
	defer t.Stop()
	// As a service of an agent it does not hold up the agent's other calls either.
	err := aiomas.Await(ctx, func() error {
		select {
		case <-t.C:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// Fail raises an exception.
func (s *Service) Fail(typ, message string) error {
	if strings.HasSuffix(typ, "KeyError") {
		message = pythonRepr(message) // str() of a KeyError is its argument's repr
	}
	return aiomas.ExceptionType(typ).New(message)
}

// Unserializable returns what no codec can carry.
func (s *Service) Unserializable() any { return make(chan int) }

// GetSub passes a service: the caller gets a proxy.
func (s *Service) GetSub() aiomas.Service { return s.sub }

// maxCalls bounds the calls that a peer can make this process have under way.
const maxCalls = 100_000

// CallBack calls the peer n times at once and returns the results in order.
func (s *Service) CallBack(ctx context.Context, proxy *aiomas.Proxy, n int) ([]any, error) {
	if n = max(n, 0); n > maxCalls {
		return nil, memoryError
	}
	results := make([]any, n)
	calls := make([]*aiomas.Pending, n)
	for i := range n {
		calls[i] = proxy.Sub("notify").Go(ctx, &results[i], i)
	}
	var errs []error
	for _, c := range calls {
		errs = append(errs, c.Wait(ctx))
	}
	return results, errors.Join(errs...)
}

// CallBackFail returns the type and message of the exception that the peer
// raised.
func (s *Service) CallBackFail(ctx context.Context, proxy *aiomas.Proxy) ([]string, error) {
	err := proxy.Sub("explode").Call(ctx, nil)
	var remote *aiomas.RemoteError
	if !errors.As(err, &remote) {
		return nil, fmt.Errorf("explode did not raise: %w", err)
	}
	return []string{remote.Type, remote.Message}, nil
}

// maxPayload bounds what a peer can make this process allocate. No frame of the
// default limit holds more.
const maxPayload = 64 << 20

// Payload returns n times "x". More than this process is ready to allocate is a
// MemoryError, as it is in Python when there is no memory.
func (s *Service) Payload(n *big.Int) (string, error) {
	switch {
	case !n.IsInt64():
		return "", aiomas.ExceptionType("OverflowError").New("cannot fit 'int' into an index-sized integer")
	case n.Int64() > maxPayload:
		return "", memoryError
	}
	return strings.Repeat("x", int(max(0, n.Int64()))), nil
}

var memoryError = aiomas.ExceptionType("MemoryError").New("")

// Peers returns the number of open connections.
func (s *Service) Peers() int { return s.peers() }

// Add adds numbers, and joins strings, as Python's + does.
func (s *Service) Add(a, b any) (any, error) {
	if x, ok := a.(string); ok {
		if y, ok := b.(string); ok {
			return x + y, nil
		}
		if b == any(int64(0)) { // the default, which Python could not add either
			return nil, aiomas.TypeError.New(`can only concatenate str (not "int") to str`)
		}
	}
	x, xInt := integer(a)
	y, yInt := integer(b)
	if xInt && yInt {
		return x.Add(x, y), nil
	}
	f, err := float(a, x)
	if err == nil {
		var g float64
		if g, err = float(b, y); err == nil {
			return f + g, nil
		}
	}
	return nil, err
}

func integer(v any) (*big.Int, bool) {
	switch v := v.(type) {
	case int64:
		return big.NewInt(v), true
	case uint64:
		return new(big.Int).SetUint64(v), true
	case *big.Int:
		return new(big.Int).Set(v), true
	case bool:
		if v {
			return big.NewInt(1), true
		}
		return new(big.Int), true
	}
	return nil, false
}

func float(v any, i *big.Int) (float64, error) {
	if f, ok := v.(float64); ok {
		return f, nil
	}
	if i == nil {
		return 0, aiomas.TypeError.Errorf("unsupported operand type for +: %T", v)
	}
	f, _ := new(big.Float).SetInt(i).Float64()
	return f, nil
}

// pythonRepr is the repr of a str without quotes in it, which is enough here.
func pythonRepr(s string) string { return "'" + strings.ReplaceAll(s, `\`, `\\`) + "'" }
