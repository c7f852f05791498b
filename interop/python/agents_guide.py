"""The agents of aiomas's guides, and classes for the tests of serializers."""

import asyncio

import aiomas


class HelloWorld(aiomas.Agent):
    """Of the agent guide; what it prints there is what its run() returns."""

    def __init__(self, container, name):
        super().__init__(container)
        self.name = name

    @aiomas.expose
    async def run(self):
        printed = [self.name + ' says:']
        clock = self.container.clock
        for i in range(3):
            await clock.sleep(0.1)
            printed.append('Hello, World!')
        return printed


class Callee(aiomas.Agent):
    """Of the agent guide."""

    @aiomas.expose
    def spam(self, times):
        return 'spam' * times


class Caller(aiomas.Agent):
    """Of the agent guide; what it prints there is what its run() returns."""

    @aiomas.expose
    async def run(self, callee_addr):
        printed = ['%s connecting to %s' % (self, callee_addr)]
        callee = await self.container.connect(callee_addr)
        printed.append('%s connected to %s' % (self, callee))
        result = await callee.spam(3)
        printed.append('%s got %s' % (self, result))
        return printed


class ExampleAgent(aiomas.Agent):
    """Of the testing guide."""

    @aiomas.expose
    async def run(self, target_addr, num):
        remote_agent = await self.container.connect(target_addr)
        return (await remote_agent.service(num))

    @aiomas.expose
    async def service(self, val):
        await self.container.clock.sleep(0.001)
        return val


class Sleeper(aiomas.Agent):
    """Of the clock guide."""

    @aiomas.expose
    async def run(self, seconds=1):
        await self.container.clock.sleep(seconds)
        return self.container.clock.time()


@aiomas.serializable
class Point:
    """A class of two values."""

    def __init__(self, x, y):
        self.x = x
        self.y = y


@aiomas.serializable
class Line:
    """A class with others in it."""

    def __init__(self, name, points):
        self.name = name
        self.points = points


class Shapes(aiomas.Agent):
    """Works with these classes."""

    @aiomas.expose
    def mirror(self, line):
        """Return the line with its points mirrored, in reverse order."""
        return Line(line.name + ', mirrored', [Point(-p.x, -p.y) for p in reversed(line.points)])

    @aiomas.expose
    def describe(self, line):
        return '%s: %s' % (line.name, ' '.join('(%r, %r)' % (p.x, p.y) for p in line.points))


async def construct_slowly(container, times):
    """A factory that is a coroutine, as Manager.spawn() allows."""
    for _ in range(times):
        await asyncio.sleep(0)
    return Callee(container)


class Nested:
    """A class whose function is a factory."""

    @staticmethod
    def create(container, *args, **kwargs):
        agent = Callee(container)
        agent.spam = aiomas.expose(lambda times: [list(args), kwargs, times])
        return agent
