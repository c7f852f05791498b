// Command main is built by a test beside what gen go writes of table.py: with an address it calls the service there, and
// without it serves the same.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"reflect"
	"sort"
	"strings"
	"syscall"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

var types = aiomas.WithSerializers(PointSerializer, LineSerializer)

func main() {
	err := error(nil)
	if len(os.Args) > 1 {
		err = call(os.Args[1])
	} else {
		err = serve()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	sub := NewSubRouter(subService{})
	l, err := aiomas.Listen(ctx, "tcp://127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("ready", l.Addr())
	server := aiomas.NewServer(NewTableRouter(&service{sub: sub}, sub), types)
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	_ = server.Serve(context.Background(), l)
	return nil
}

type subService struct{ UnimplementedSub }

func (subService) Name(context.Context) (string, error) { return "sub", nil }

type service struct {
	UnimplementedTable
	sub aiomas.Service
}

func python(v any) string {
	switch v := v.(type) {
	case bool:
		return map[bool]string{true: "True", false: "False"}[v]
	case string:
		if strings.Contains(v, "'") {
			return `"` + v + `"`
		}
		return "'" + v + "'"
	}
	return fmt.Sprint(v)
}

func (*service) Add(_ context.Context, a, b any) (any, error) { return a.(int64) + b.(int64), nil }

func (*service) Typed(_ context.Context, a int, b float64, c string, d bool) (string, error) {
	text := fmt.Sprint(b)
	if b == float64(int(b)) {
		text = fmt.Sprint(int(b)) // table.py shows the int that it got
	}
	return fmt.Sprintf("(%d, %s, %s, %s)", a, text, python(c), python(d)), nil
}

func (*service) Keywords(_ context.Context, a int, k TableKeywordsKeywords) (string, error) {
	return fmt.Sprintf("(%d, %s, %d)", a, python(k.Mode), k.Horizon), nil
}

func (*service) Rest(_ context.Context, a int, rest ...int) ([]int, error) {
	return append([]int{a}, rest...), nil
}

func (*service) Early(_ context.Context, a, b int, kw aiomas.Kwargs, rest ...int) ([]any, error) {
	deep, _ := kw["deep"].(bool)
	return []any{a, b, rest, deep}, nil
}

func (*service) Anything(_ context.Context, kwargs aiomas.Kwargs, args ...any) (string, error) {
	var all, named []string
	for _, a := range args {
		all = append(all, python(a))
	}
	for k, v := range kwargs {
		named = append(named, fmt.Sprintf("('%s', %s)", k, python(v)))
	}
	sort.Strings(named)
	return fmt.Sprintf("([%s], [%s])", strings.Join(all, ", "), strings.Join(named, ", ")), nil
}

func (*service) Place(_ context.Context, p Point, to *Point) (Line, error) { return Line{p, to}, nil }

func (*service) Optional(_ context.Context, a, b *int, _ []string) (*int, error) {
	if b != nil {
		return b, nil
	}
	return a, nil
}

func (*service) Containers(_ context.Context, a []int, b map[string][]int, c []int, d []float64) (codec.Dict, error) {
	return codec.Dict{{Key: "a", Value: a}, {Key: "b", Value: b}, {Key: "c", Value: c}, {Key: "d", Value: d}}, nil
}

func (*service) Pair(_ context.Context, a codec.Tuple, _ [2]float64) (int, string, error) {
	return int(a[0].(int64)), a[1].(string), nil
}

func (*service) Union(_ context.Context, a, _ any) (any, error) { return a, nil }

func (*service) Computed(_ context.Context, at *float64) (float64, error) {
	if at == nil {
		return 0, nil
	}
	return *at, nil
}

func (*service) Span(_ context.Context, s Span) (Span, error) { return s, nil }

func (s *service) GetSub(context.Context) (aiomas.Service, error) { return s.sub, nil }

func (*service) Type(_ context.Context, a, b, c int) (int, error) { return a*100 + b*10 + c, nil }

func (*service) GetUrl(_ context.Context, s string) (string, error) { return s, nil }

func (*service) GetURL(_ context.Context, s string) (string, error) { return s + "!", nil }

func (*service) Proxy2(context.Context) error { return nil }

func (*service) Private(context.Context) (int, error) { return 1, nil }

func (*service) Overridden(_ context.Context, a, b int) (int, error) { return a + b, nil }

func (*service) Inherited(context.Context) (string, error) { return "base", nil }

func call(addr string) error {
	ctx := context.Background()
	conn, err := aiomas.Dial(ctx, addr, types)
	if err != nil {
		return err
	}
	defer conn.Close()
	c := NewTableClient(conn.Remote())
	var errs []error
	check := func(want any) func(got any, err error) {
		return func(got any, err error) {
			if err != nil || !reflect.DeepEqual(got, want) {
				errs = append(errs, fmt.Errorf("got %#v, %w, want %#v", got, err, want))
			}
		}
	}
	one, two := 1, 2
	p := Point{1, 2.0}
	check(int64(3))(c.Add(ctx, 1, TableAddB(2)))
	check(int64(1))(c.Add(ctx, 1))
	check(`(1, 1.5, "it's", True)`)(c.Typed(ctx, 1))
	check(`(1, 2.0, 'c', False)`)(c.Typed(ctx, 1, TableTypedD(false), TableTypedC("c"), TableTypedB(2)))
	check("(1, 'm', 24)")(c.Keywords(ctx, 1, "m"))
	check("(1, 'm', 3)")(c.Keywords(ctx, 1, "m", TableKeywordsHorizon(3)))
	check([]int{1})(c.Rest(ctx, 1, nil))
	check([]int{1, 2, 3})(c.Rest(ctx, 1, []int{2, 3}))
	check([]any{int64(1), int64(7), []any{}, false})(c.Early(ctx, nil, TableEarlyB(7)))
	check([]any{int64(8), int64(9), []any{int64(3)}, true})(c.Early(ctx, []int{3}, TableEarlyB(9), TableEarlyDeep(true), TableEarlyA(8)))
	if _, err := c.Early(ctx, []int{3}, TableEarlyB(9)); err == nil {
		errs = append(errs, fmt.Errorf("an argument was left out before others"))
	}
	check("([1, 'a'], [('k', 2)])")(c.Anything(ctx, []any{1, "a"}, aiomas.Kwargs{"k": 2}))
	check(Line{p, nil})(c.Place(ctx, p))
	check(Line{p, &p})(c.Place(ctx, p, TablePlaceTo(&p)))
	check((*int)(nil))(c.Optional(ctx, nil))
	check(&two)(c.Optional(ctx, &one, TableOptionalB(&two)))
	dict, err := c.Containers(ctx, []int{1}, map[string][]int{"a": {1}}, []int{1, 2}, []float64{1.5})
	got, _ := dict.Get("d")
	check([]any{1.5})(got, err)
	n, s, err := c.Pair(ctx, codec.Tuple{1, "a"}, TablePairB([2]float64{3, 4}))
	check([]any{1, "a"})([]any{n, s}, err)
	check("a")(c.Union(ctx, "a", TableUnionB("off")))
	check(0.0)(c.Computed(ctx))
	check(2.5)(c.Computed(ctx, TableComputedAt(2.5)))
	check(Span{Low: 1, High: 2})(c.Span(ctx, Span{Low: 1, High: 2}))
	sub, err := c.GetSub(ctx)
	if err != nil {
		return err
	}
	check("sub")(sub.Name(ctx))
	check("sub")(c.Sub().Name(ctx))
	check(113)(c.Type(ctx, 1, TableTypeAny(3)))
	check("a")(c.GetUrl(ctx, "a"))
	check("a!")(c.GetURL(ctx, "a"))
	check(nil)(nil, c.Proxy2(ctx))
	check(1)(c.Private(ctx))
	check(6)(c.Overridden(ctx, 1))
	check("base")(c.Inherited(ctx))
	if len(os.Args) > 2 { // a peer in Python
		check(2)(c.TableMangled(ctx))
	}
	for _, err := range errs {
		fmt.Println(err)
	}
	return nil
}
