package aiomas

import "github.com/aiomas-go/aiomas-go/internal/conversation"

// WithInline has the reader goroutine call all handlers, however long they take.
// Only tests want that.
func WithInline() Option {
	return setting(func(c *config) { c.inline = conversation.InlineAlways })
}

// WithInlineLearned has the reader goroutine call handlers that have long been quick,
// also on one processor.
func WithInlineLearned() Option {
	return setting(func(c *config) { c.inline = conversation.InlineLearned })
}

// Inlined tells how often the channel has handled requests inline, and whether it
// would do so with a batch that came now.
func (c *Channel) Inlined() (times int, will bool) { return c.conv.Inlined() }

// Apart tells how often requests of the channel were handled by a goroutine of their own,
// while the one that had read them read other connections.
func (c *Channel) Apart() int { return c.conv.Apart() }

// Direct tells how often no goroutine has read the channel, between two calls whose callers
// read themselves, and whether a caller reads now.
func (c *Channel) Direct() (rests int, reads bool) { return c.conv.Direct() }
