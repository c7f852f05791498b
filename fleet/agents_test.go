package fleet_test

import (
	"context"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
)

// These are the agents of the examples.

// creator makes an artifact in each step.
type creator struct {
	agent.Agent
	number int
}

// planner offers what it knows to its neighbour, until nobody knows better.
type planner struct {
	agent.Agent
	number, best int
	next         string
}

// Meet tells it of its neighbour.
func (p *planner) Meet(next string) { p.next = next }

// Best is what it knows.
func (p *planner) Best() int { return p.best }

// Offer is passed on in a better form. Nobody waits for what becomes of it.
func (p *planner) Offer(ctx context.Context, value int) error {
	if value <= p.best {
		return nil
	}
	p.best = value
	next, err := p.Container().Connect(ctx, p.next)
	if err == nil {
		next.Sub("offer").Go(aiomas.WithoutTurn(context.WithoutCancel(ctx)), nil, min(value+1, 5))
	}
	return err
}

// turbine has power for one minute after the other.
type turbine struct {
	agent.Agent
	column int
	power  float64
}

// tick is called by the clock.
func (t *turbine) tick(context.Context) {
	t.power = float64(t.column + 1)
	_, _ = t.Container().Clock().CallIn(60, t.InTurn(t.tick)) // 60 is not in the past
}

// TriggerAll lets all creators act.
func (town *Town) TriggerAll() (made []int) {
	for _, a := range town.Container().Agents() {
		if c, ok := a.Self().(*creator); ok {
			made = append(made, c.number)
		}
	}
	return made
}

// Power is that of all turbines.
func (town *Town) Power(ctx context.Context) (sum float64, err error) {
	for _, a := range town.Container().Agents() {
		if t, ok := a.Self().(*turbine); ok {
			err = t.Turn(aiomas.WithoutTurn(ctx), func(context.Context) error {
				sum += t.power
				return nil
			})
		}
	}
	return sum, err
}

func addExamples(cs *agent.Constructors) {
	cs.Add("env:Creator", func(c *agent.Container, number int) (*creator, error) {
		a := &creator{number: number}
		_, err := c.Register(a)
		return a, err
	})
	cs.Add("plan:Planner", func(c *agent.Container, number int) (*planner, error) {
		p := &planner{number: number}
		_, err := c.Register(p, agent.Expose("Meet", "Best", "Offer"))
		return p, err
	})
	cs.Add("park:Turbine", func(c *agent.Container, column int) (*turbine, error) {
		t := &turbine{column: column}
		if _, err := c.Register(t); err != nil {
			return nil, err
		}
		_, err := c.Clock().CallIn(60, t.InTurn(t.tick))
		return t, err
	})
}
