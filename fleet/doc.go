// Package fleet manages many containers as one system: it starts them or waits for them,
// distributes agents over them, sets the time of all of them, calls their managers, waits
// until no call is in progress, and handles the loss of members. A member is a container with a
// manager as agent 0, in Go or on Python's aiomas, in this process or in any other.
//
//	f, err := fleet.Open(ctx, container, fleet.Processes(10, command), fleet.Options{OnLost: fleet.Restart})
//	houses, err := f.SpawnN(ctx, 1000, "town:House", func(i int) []any { return []any{i} })
//	err = f.SetTime(ctx, 60)
//	err = f.Settle(ctx)
//	err = f.Stop(ctx)
//
// Python's aiomas has no counterpart: its users write this code for each system.
package fleet
