// Package fleet makes many containers one system: it starts them or waits for them,
// spreads agents over them, sets the time everywhere, calls all managers, waits until
// nothing is under way, and sees to members that are lost. A member is a container with
// a manager as agent 0, in Go or on Python's aiomas, in this process or any other.
//
//	f, err := fleet.Open(ctx, container, fleet.Processes(10, command), fleet.Options{OnLost: fleet.Restart})
//	houses, err := f.SpawnN(ctx, 1000, "town:House", func(i int) []any { return []any{i} })
//	err = f.SetTime(ctx, 60)
//	err = f.Settle(ctx)
//	err = f.Stop(ctx)
//
// Python's aiomas has no such thing: its users write it anew for each system.
package fleet
