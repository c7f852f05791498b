package aiomas

// WithInline has the reader goroutine call all handlers, however long they take.
// Only tests want that.
func WithInline() Option {
	return setting(func(c *config) { c.inlineAll = true })
}

// Inlined tells how often the channel has handled requests inline, and whether it
// would do so with a batch that came now.
func (c *Channel) Inlined() (times int, will bool) { return c.conv.Inlined() }
