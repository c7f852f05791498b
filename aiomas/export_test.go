package aiomas

import "time"

// WithInline makes who reads handle all requests itself, however long handlers
// take; see inline.go. Only tests want that.
func WithInline() Option {
	return setting(func(c *config) { c.inlineAll, c.quickTime = true, time.Hour })
}

// Inlined tells how often the channel has handled requests inline, and whether it
// would do so with a batch that came now.
func (c *Channel) Inlined() (times int, will bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int(c.inlines), c.quick >= enoughQuick
}
