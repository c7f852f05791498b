package main

import (
	"slices"
	"strings"
	"testing"
)

func TestExpand(t *testing.T) {
	for list, want := range map[string]string{
		"":                              "",
		"a":                             "a",
		"a,b":                           "a b",
		"node[01-03,07],login":          "node01 node02 node03 node07 login",
		"tcp://m-[0-1].ms:5555/0":       "tcp://m-0.ms:5555/0 tcp://m-1.ms:5555/0",
		"r[1-2]n[8-10]":                 "r1n8 r1n9 r1n10 r2n8 r2n9 r2n10",
		"tcp://m-[9-11]:1/0,nats://a.b": "tcp://m-9:1/0 tcp://m-10:1/0 tcp://m-11:1/0 nats://a.b",
	} {
		if got, err := expand(list); err != nil || !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%s: %q, %v", list, got, err)
		}
	}
	for _, list := range []string{"a[", "a[]", "a[1-]", "a[2-1]", "a[x]", "a[1-1000000000]", "a[1][", "a[-1]"} {
		if got, err := expand(list); err == nil {
			t.Errorf("%s: %q, and no error", list, got)
		}
	}
}
