package check_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/mosaik"
	"github.com/aiomas-go/aiomas-go/mosaik/check"
)

// TestMain plays simulators, too: what the tests start is this program.
func TestMain(m *testing.M) {
	switch fault := os.Getenv("CHECK_TEST_FAULT"); fault {
	case "":
		os.Exit(m.Run())
	case "none, by package mosaik":
		mosaik.Main(mosaik.Model[battery]("Battery", mosaik.Prototype(battery{Capacity: 1})))
	default:
		os.Exit(faulty{fault: fault}.main())
	}
}

type battery struct {
	Capacity float64 `mosaik:"capacity,param"`
	Charge   float64 `mosaik:"soc,out"`
	Power    float64 `mosaik:"p,in"`
}

func (b *battery) Step(ctx context.Context, _ *mosaik.Step) error {
	b.Charge += b.Power / b.Capacity
	_, _ = mosaik.WorldFrom(ctx).Progress(ctx) // it may be refused
	return nil
}

// run checks the simulator that plays a fault and has so long for an answer.
func run(t *testing.T, fault string, answer time.Duration) check.Report {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r, err := check.Run(t.Context(), check.Config{
		Command: []string{exe, "%(addr)s"}, Env: append(os.Environ(), "CHECK_TEST_FAULT="+fault, "GORACE=atexit_sleep_ms=0"), Remote: fault == "none, by package mosaik",
		Answer: answer, End: answer / 2,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestGoodSimulators(t *testing.T) {
	for _, fault := range []string{"none", "none, by package mosaik"} {
		r := run(t, fault, time.Minute)
		for _, f := range r.Findings {
			t.Errorf("%s: %s", fault, f)
		}
		if len(r.Plays) < 12 || r.Calls < 60 {
			t.Errorf("%s: only %d calls in the plays %q", fault, r.Calls, r.Plays)
		}
	}
}

// Each of these faults was seen in simulators, or does what hangs mosaik.
var faults = map[string]string{ // → the rule that it breaks
	"failures are texts":                "failure",
	"failures are null":                 "failure",
	"the next step is a float":          "step",
	"the next step is now":              "step",
	"times go through floats":           "step",
	"no next step, though time-based":   "step",
	"one entity too few":                "create",
	"ids that come again":               "ids",
	"another model":                     "create",
	"a trigger, though time-based":      "meta",
	"api_version is a number":           "meta",
	"an attribute is missing sometimes": "get_data",
	"output before the step":            "get_data",
	"data of nobody":                    "get_data",
	"dies of NaN":                       "values",
	"dies of large integers":            "values",
	"asks for something else":           "requests",
	"dies of a refusal":                 "requests",
	"stop fails":                        "stop",
	"stop returns true":                 "stop",
	"stays after stop":                  "stop",
	"ends with status 3":                "stop",
	"ignores SIGTERM":                   "sigterm",
	"stays without its connection":      "cut",
	"resets the connection":             "reset",
	"two replies":                       "message",
	"another id":                        "message",
	"no JSON":                           "message",
	"never connects":                    "connect",
	"init fails":                        "init",
	"dies of a failure":                 "failure",
}

func TestFaultsAreFound(t *testing.T) {
	for fault, rule := range faults {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			r := run(t, fault, 4*time.Second)
			if !slices.Contains(r.Broken(), rule) {
				t.Errorf("found: %v", r.Findings)
			}
			// One fault may break several rules, but not many.
			if len(r.Broken()) > 3 {
				t.Errorf("much is found: %v", r.Findings)
			}
		})
	}
}

func TestEachRuleHasAFault(t *testing.T) {
	var rules, found []string
	for _, r := range check.Rules {
		rules = append(rules, r.Name)
	}
	for _, r := range faults {
		found = append(found, r)
	}
	found = append(found, "remote", "setup_done")
	slices.Sort(rules)
	slices.Sort(found)
	if diff := cmp.Diff(rules, slices.Compact(found)); diff != "" {
		t.Error(diff)
	}
}

func TestAProgramThatIsNotThere(t *testing.T) {
	if _, err := check.Run(t.Context(), check.Config{Command: []string{"/nonexistent/simulator"}}); err == nil {
		t.Error("no error")
	}
	if _, err := check.Run(t.Context(), check.Config{}); err == nil {
		t.Error("no error without a command")
	}
}

// faulty is a simulator on the bytes of its connection.
type faulty struct {
	fault string
	conn  *net.TCPConn
	count int
	gets  int
	asks  int64
}

func (s faulty) main() int {
	if s.fault == "never connects" {
		return 0
	}
	if s.fault == "ignores SIGTERM" {
		signal.Ignore(syscall.SIGTERM)
	}
	conn, err := net.Dial("tcp", os.Args[1])
	if err != nil {
		return 1
	}
	s.conn = conn.(*net.TCPConn)
	for {
		id, call, args, ok := s.read()
		if !ok {
			if s.fault == "stays without its connection" || s.fault == "ignores SIGTERM" {
				<-time.After(time.Hour) // select {} would be a deadlock that the runtime reports
			}
			return 0
		}
		if call == "stop" {
			return s.stop(id)
		}
		result, failure := s.answer(call, args)
		if failure == "" {
			s.reply(codec.Result, id, result)
			if s.fault == "two replies" {
				s.reply(codec.Result, id, result)
			}
			continue
		}
		if failure == "die" {
			return 0
		}
		s.reply(codec.Exception, id, s.failure(failure))
	}
}

func (s *faulty) stop(id int64) int {
	switch s.fault {
	case "stop fails":
		s.reply(codec.Exception, id, []string{"RuntimeError", "no", ""})
	case "stop returns true":
		s.reply(codec.Result, id, true)
	case "stays after stop":
		s.reply(codec.Result, id, nil)
		select {}
	case "ends with status 3":
		return 3
	case "resets the connection":
		_ = s.conn.SetLinger(0)
		_ = s.conn.Close()
		return 0
	default:
		s.reply(codec.Result, id, nil)
	}
	_ = s.conn.CloseWrite()
	_, _ = io.Copy(io.Discard, s.conn)
	return 0
}

func (s *faulty) failure(message string) any {
	switch s.fault {
	case "failures are texts":
		return "ValueError: " + message
	case "failures are null":
		return nil
	case "dies of a failure":
		os.Exit(0)
	}
	return []string{"ValueError", message, "Traceback\n", "ValueError\n"}
}

// answer returns the result, or why the call failed.
func (s *faulty) answer(call string, args []codec.Value) (any, string) {
	switch call {
	case "init":
		return s.init()
	case "create":
		return s.create(args)
	case "setup_done":
		return nil, ""
	case "step":
		return s.step(args)
	case "get_data":
		return s.getData(args)
	}
	return nil, "there is no " + call
}

func (s *faulty) init() (any, string) {
	model := map[string]any{"public": true, "params": []string{"start"}, "attrs": []string{"in", "out"}}
	meta := map[string]any{"api_version": "3.0", "type": "time-based", "models": map[string]any{"M": model}}
	switch s.fault {
	case "a trigger, though time-based":
		model["trigger"] = []string{"in"}
	case "api_version is a number":
		meta["api_version"] = 3.0
	case "init fails":
		return nil, "no"
	}
	return meta, ""
}

func (s *faulty) create(args []codec.Value) (any, string) {
	var num int
	if len(args) != 2 || args[0].Decode(&num) != nil {
		return nil, "create() takes num and model"
	}
	if s.fault == "one entity too few" {
		num--
	}
	list := []any{}
	for range num {
		typ := "M"
		if s.fault == "another model" {
			typ = "N"
		}
		list = append(list, map[string]any{"eid": fmt.Sprint("m.", s.count), "type": typ})
		if s.fault != "ids that come again" {
			s.count++
		}
	}
	return list, ""
}

func (s *faulty) step(args []codec.Value) (any, string) {
	var t int64
	if len(args) != 3 || args[0].Decode(&t) != nil {
		return nil, "step() takes time, inputs and max_advance"
	}
	inputs := string(args[1].Raw())
	switch {
	case s.fault == "dies of NaN" && contains(inputs, "NaN"), s.fault == "dies of large integers" && contains(inputs, "1267650600228229401496703205376"):
		return nil, "die"
	case s.fault == "asks for something else":
		s.ask("get_time")
	case s.fault == "dies of a refusal":
		if s.ask("set_event", t+1) == codec.Exception && t == 0 && inputs == "{}" {
			return nil, "die"
		}
	case s.fault == "none":
		s.ask("get_progress")
		s.ask("get_related_entities", "x")
		s.ask("get_related_entities", nil)
		s.ask("get_related_entities", []string{"x"})
		s.ask("get_data", map[string]any{"x": []string{"y"}})
		s.ask("set_data", map[string]any{})
	}
	switch s.fault {
	case "the next step is a float":
		return float64(t + 1), ""
	case "the next step is now":
		return t, ""
	case "times go through floats":
		return int64(float64(t) + 1), ""
	case "no next step, though time-based":
		return nil, ""
	}
	return t + 1, ""
}

func contains(s, part string) bool {
	for i := 0; i+len(part) <= len(s); i++ {
		if s[i:i+len(part)] == part {
			return true
		}
	}
	return false
}

func (s *faulty) getData(args []codec.Value) (any, string) {
	var want map[string][]string
	if len(args) != 1 || args[0].Decode(&want) != nil {
		return nil, "get_data() takes outputs"
	}
	s.gets++
	data := map[string]any{}
	for eid, attrs := range want {
		values := map[string]any{}
		for _, a := range attrs {
			if a == "out" && (s.fault != "an attribute is missing sometimes" || s.gets < 3) {
				values[a] = 1.5
			}
		}
		data[eid] = values
	}
	switch s.fault {
	case "output before the step":
		data["time"] = -1
	case "data of nobody":
		data["nobody"] = map[string]any{}
	}
	return data, ""
}

// ask asks mosaik and returns the type of the answer.
func (s *faulty) ask(call string, args ...any) codec.MessageType {
	s.send(codec.Request, s.asks, []any{call, append([]any{}, args...), map[string]any{}})
	s.asks++
	m, ok := s.message()
	if !ok {
		os.Exit(0)
	}
	return m.Type
}

func (s *faulty) reply(t codec.MessageType, id int64, content any) {
	if s.fault == "another id" {
		id++
	}
	s.send(t, id, content)
}

func (s *faulty) send(t codec.MessageType, id int64, content any) {
	b, err := json.Codec.AppendMessage(make([]byte, 4), t, id, content, nil)
	if err != nil {
		panic(err)
	}
	if s.fault == "no JSON" && id == 2 {
		b[len(b)-1] = '}'
	}
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	_, _ = s.conn.Write(b)
}

func (s *faulty) message() (codec.Message, bool) {
	var head [4]byte
	if _, err := io.ReadFull(s.conn, head[:]); err != nil {
		return codec.Message{}, false
	}
	payload := make([]byte, binary.BigEndian.Uint32(head[:]))
	if _, err := io.ReadFull(s.conn, payload); err != nil {
		return codec.Message{}, false
	}
	m, err := json.Codec.ParseMessage(payload, codec.Limits{}.WithDefaults())
	if err != nil {
		panic(err)
	}
	return m, true
}

func (s *faulty) read() (id int64, call string, args []codec.Value, ok bool) {
	m, ok := s.message()
	if !ok {
		return 0, "", nil, false
	}
	d := json.Codec.NewDecoder()
	d.Reset(m.Content, nil)
	var kwargs codec.Value
	if err := d.Decode(&codec.Tuple{&call, &args, &kwargs}); err != nil {
		panic(errors.Join(err, errors.New(string(m.Content))))
	}
	var kw map[string]any
	if kwargs.Decode(&kw) == nil && kw["no_such_parameter"] != nil {
		return m.ID, "create with no_such_parameter", nil, true
	}
	return m.ID, call, args, true
}
