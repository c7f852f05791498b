// Package clock provides the time for agents: that of the system ([Realtime]), or a time
// that a simulator sets ([External]). Agents that use only their container's clock run with
// either one without changes. It mirrors aiomas.clocks.
//
//	c, err := agent.NewContainer(ctx, addr, agent.WithClock(clock.NewExternal(start, 0)))
//	err = c.Clock().Sleep(ctx, 5)
//
// # Seconds
//
// Times and delays are float64 seconds, as in Python and on the wire, and not
// time.Duration: simulators divide time into fractions that nanoseconds would
// round, and an agent that sleeps for 1.0/3 must wake when the time is set to
// the same 1.0/3. A point in time is either a number on the clock's own scale,
// [At], or a date, [Date].
//
// # Tests
//
// Both clocks work inside testing/synctest bubbles.
package clock
