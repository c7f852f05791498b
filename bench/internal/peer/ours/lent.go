package ours

import (
	"context"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/codec"
)

// exposeLent exposes the function of the work "lent": an echo whose text is a loan.
func exposeLent(r *aiomas.Router) {
	r.Expose("lent", func(s codec.Loan[string]) codec.Loan[string] { return s })
}

// callLent makes a call of the work "lent".
func callLent(ctx context.Context, p *aiomas.Proxy, work peer.Work, text string) error {
	var loan codec.Loan[string]
	if err := p.Call(ctx, &loan, text); err != nil {
		return err
	}
	defer loan.Release()
	if n := len(loan.Value()); n != len(text) {
		return peer.Wrong(nil, work, n)
	}
	return nil
}
