package aiomas_test

import (
	"crypto/tls"
	"errors"
	"io/fs"
	"net"
	"reflect"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// What fits one side only does not compile for the other: each option's type is
// what the compiler goes by.
func TestWhatOptionsFit(t *testing.T) {
	targets := []reflect.Type{
		reflect.TypeFor[aiomas.DialOption](), reflect.TypeFor[aiomas.ServerOption](),
		reflect.TypeFor[aiomas.Option](), reflect.TypeFor[aiomas.ListenOption](),
	}
	for want, constructors := range map[string][]any{
		"Dial, NewServer, NewChannel": {
			aiomas.WithCodec, aiomas.WithSerializers, aiomas.WithDecoding, aiomas.WithLogger, aiomas.WithConcurrency, aiomas.WithReplyDeadline, aiomas.WithStacks,
			aiomas.WithCallInterceptors, aiomas.WithHandlerInterceptors, aiomas.WithAuthorize, aiomas.WithHiddenNames, aiomas.WithMetrics, aiomas.WithLimits, aiomas.WithFailures, aiomas.WithOptions,
		},
		"Dial, NewServer, Listen": {aiomas.WithTLS, aiomas.WithTLSFiles},
		"Dial":                    {aiomas.WithService, aiomas.WithRetry, aiomas.WithDialer},
		"NewServer":               {aiomas.WithConnected},
	} {
		for _, constructor := range constructors {
			option := reflect.TypeOf(constructor).Out(0)
			var fits []string
			for i, name := range []string{"Dial", "NewServer", "NewChannel", "Listen"} {
				if option.Implements(targets[i]) {
					fits = append(fits, name)
				}
			}
			if got := strings.Join(fits, ", "); got != want {
				t.Errorf("a %v fits %s, want %s", option, got, want)
			}
		}
	}
}

// noRouter is a service that has none yet, as an agent before Register.
type noRouter struct{}

func (noRouter) Router() *aiomas.Router { return nil }

// panics returns the error that f panics with.
func panics(t *testing.T, f func()) (err error) {
	t.Helper()
	defer func() {
		if v := recover(); v != nil {
			err = v.(error)
		}
	}()
	f()
	return nil
}

// A wrong option is told where it is written, by everything that takes it.
func TestWrongOptionsAreTold(t *testing.T) {
	for name, o := range map[string]aiomas.Option{
		"frame":       aiomas.WithLimits(aiomas.Limits{FrameIn: 10}),
		"negative":    aiomas.WithLimits(aiomas.Limits{Requests: -1}),
		"timeout":     aiomas.WithLimits(aiomas.Limits{WriteTimeout: -1}),
		"codec":       aiomas.WithCodec(nil),
		"concurrency": aiomas.WithConcurrency(-1),
		"deadline":    aiomas.WithReplyDeadline(-1),
		"serializer":  aiomas.WithSerializers(codec.Serializer{}),
		"among many":  aiomas.WithOptions(aiomas.WithStacks(false), aiomas.WithCodec(nil)),
	} {
		t.Run(name, func(t *testing.T) { wrongDial(t, o); wrongServer(t, o); wrongChannel(t, o) })
	}
	wrongDial(t, aiomas.WithTLS(nil))
	wrongServer(t, aiomas.WithTLS(nil))
	wrongListen(t, aiomas.WithTLS(nil))
	noCertificate := aiomas.WithTLS(new(tls.Config)) // right for a client
	wrongServer(t, noCertificate)
	wrongListen(t, noCertificate)

	wrongDial(t, aiomas.WithService(nil))
	wrongDial(t, aiomas.WithService(noRouter{}))
	if _, err := aiomas.DialChannel(t.Context(), "tcp://127.0.0.1:1", aiomas.WithService(aiomas.NewRouter())); !told(err) {
		t.Errorf("DialChannel with a service: %v", err)
	}
}

// told says that err is about options, and not from the network.
func told(err error) bool {
	return err != nil && strings.HasPrefix(err.Error(), "aiomas: ") && !strings.Contains(err.Error(), "connect")
}

func wrongDial(t *testing.T, o aiomas.DialOption) {
	t.Helper()
	const nobody = "tcp://127.0.0.1:1"
	_, dial := aiomas.Dial(t.Context(), nobody, o)
	_, channel := aiomas.DialChannel(t.Context(), nobody, o)
	_, reconnector := aiomas.NewReconnector(nobody, aiomas.ReconnectPolicy{}, o)
	for what, err := range map[string]error{"Dial": dial, "DialChannel": channel, "NewReconnector": reconnector, "CheckDial": aiomas.CheckDial(o)} {
		if !told(err) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func wrongServer(t *testing.T, o aiomas.ServerOption) {
	t.Helper()
	if err := panics(t, func() { aiomas.NewServer(newService(t), o) }); !told(err) {
		t.Errorf("NewServer: %v", err)
	}
	if err := aiomas.CheckServer(newService(t), o); !told(err) {
		t.Errorf("CheckServer: %v", err)
	}
}

func wrongChannel(t *testing.T, o aiomas.Option) {
	t.Helper()
	if _, err := aiomas.NewChannel(nil, o); !told(err) {
		t.Errorf("NewChannel: %v", err)
	}
}

func wrongListen(t *testing.T, o aiomas.ListenOption) {
	t.Helper()
	if ln, err := aiomas.Listen(t.Context(), "tcp://127.0.0.1:0", o); !told(err) {
		t.Errorf("Listen: %v, %v", ln, err)
	}
}

// A service without a router is refused by whoever would serve it.
func TestServiceWithoutRouter(t *testing.T) {
	for name, service := range map[string]aiomas.Service{"nil": nil, "no router": noRouter{}, "nil router": (*aiomas.Router)(nil)} {
		if err := panics(t, func() { aiomas.NewServer(service) }); !told(err) {
			t.Errorf("%s: NewServer: %v", name, err)
		}
		if err := aiomas.CheckServer(service); !told(err) {
			t.Errorf("%s: CheckServer: %v", name, err)
		}
		if service == nil {
			continue
		}
		ch, _ := newRawChannel(t)
		if err := panics(t, func() { aiomas.NewClient(ch, service) }); !told(err) {
			t.Errorf("%s: NewClient: %v", name, err)
		}
		if err := aiomas.NewRouter().Add("x", service); !told(err) {
			t.Errorf("%s: Add: %v", name, err)
		}
	}
}

// Certificate files are not written in the program: that they cannot be read is an
// error, not a panic.
func TestUnreadableTLSFilesOfServer(t *testing.T) {
	files := aiomas.WithTLSFiles("none.pem", "none.pem", "none.pem")
	if err := aiomas.CheckServer(newService(t), files); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("CheckServer: %v", err)
	}
	srv := aiomas.NewServer(newService(t), files)
	if err := srv.ListenAndServe(t.Context(), "tcp://127.0.0.1:0"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ListenAndServe: %v", err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Serve(t.Context(), ln); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Serve: %v", err)
	}
}
