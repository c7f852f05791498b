package deploy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// A fleet of members in Go and in Python goes on when a member is killed, and through a rolling restart, in which no
// member is killed.
func TestPlay(t *testing.T) {
	for _, overlay := range []string{"python-member", "nats"} {
		t.Run(overlay, func(t *testing.T) {
			t.Parallel()
			c := newCluster(t, overlay)
			c.apply()
			job := c.m.jobs[0]
			driver := c.start(job.Name+"-1", "", job.Spec.Template)
			began := c.until(driver, "under way", steps(0, 3))
			c.checkAddresses(began)

			for _, s := range c.m.sets {
				victim := s.Name + "-0"
				c.kill(victim)
				c.again(victim)
			}
			backs := len(c.m.sets)
			c.goesOn(driver, backs)

			// As a StatefulSet is updated: one after the other, the last one first.
			for _, s := range c.m.sets {
				for i := *s.Spec.Replicas - 1; i >= 0; i-- {
					name := fmt.Sprintf("%s-%d", s.Name, i)
					c.end(name)
					c.again(name)
					backs++
				}
			}
			c.goesOn(driver, backs)

			// The end of the job is that of the members, too.
			c.end(driver.name)
			list := entries(t, c.log(driver))
			if done := list[len(list)-1]; done.Msg != "done" {
				t.Errorf("the driver's last word: %+v", done)
			}
			for _, s := range c.m.sets {
				for i := range *s.Spec.Replicas {
					p := c.pods[fmt.Sprintf("%s-%d", s.Name, i)]
					for c.running(p) {
						pause(t)
					}
					c.ended(p)
				}
			}
			t.Logf("%s: %d calls were lost with members, the longest step took %v", overlay, list[len(list)-1].Lost, longest(list))
		})
	}
}

// longest returns the longest time from one step to the next.
func longest(list []entry) (most time.Duration) {
	for i, e := range list {
		if i > 0 && e.Msg == "step" {
			most = max(most, e.Time.Sub(list[i-1].Time))
		}
	}
	return most.Round(time.Millisecond)
}

// steps tells whether n steps without a lost call have been made after the line with the given number.
func steps(from, n int) func([]entry) bool {
	return func(list []entry) bool {
		for _, e := range list[from:] {
			if e.Msg == "step" {
				n--
			}
		}
		return n <= 0
	}
}

// The agents' addresses have the names of their pods.
func (c *cluster) checkAddresses(list []entry) {
	c.t.Helper()
	i := slices.IndexFunc(list, func(e entry) bool { return e.Msg == "spawned" })
	if i < 0 {
		c.t.Fatalf("nothing was spawned: %+v", list)
	}
	first, last := c.m.sets[0], c.m.sets[len(c.m.sets)-1]
	for addr, name := range map[string]string{
		list[i].First: first.Name + "-0." + first.Spec.ServiceName,
		list[i].Last:  fmt.Sprintf("%s-%d.%s", last.Name, *last.Spec.Replicas-1, last.Spec.ServiceName),
	} {
		if want := "tcp://" + name + ":5555/"; !strings.HasPrefix(addr, want) && !strings.HasPrefix(addr, "nats://"+strings.Split(name, ".")[0]+"/") {
			c.t.Errorf("an agent's address is %s, not %s…", addr, want)
		}
	}
}

// goesOn waits until that many restarts are over, and then for steps without a lost call.
func (c *cluster) goesOn(driver *pod, backs int) {
	c.t.Helper()
	list := c.until(driver, "whole again", func(list []entry) bool {
		n := 0
		for _, e := range list {
			if e.Msg == "back" {
				if n++; e.Err != "" {
					c.t.Fatalf("%s: %s", e.Member, e.Err)
				}
			}
		}
		return n >= backs
	})
	list = c.until(driver, "on its way again", steps(len(list), 5))
	first, last := list[len(list)-1], list[len(list)-1]
	for _, e := range list[len(list)-4:] {
		if e.Msg == "step" && e.Step < first.Step {
			first = e
		}
	}
	if first.Lost != last.Lost {
		c.t.Errorf("calls are lost when all members are back: %+v", list[len(list)-4:])
	}
}
