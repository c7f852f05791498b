"""Agents for systems of many containers, each with a twin in interop/tests/agents."""

import asyncio
import random

import aiomas
import arrow


class Walker(aiomas.Agent):
    """Visits random others, who call it back and visit others in turn."""

    urls = []  # of all walkers of the system

    def __init__(self, container, seed):
        super().__init__(container)
        self.random = random.Random(seed)
        self.visits = 0
        self.thanks = 0

    @aiomas.expose
    async def start(self, rounds):
        """Let a visitor come by *rounds* others, one from the other; return how many it came by."""
        url = self.random.choice(self.urls)
        other = await self.container.connect(url)
        return await other.visit(self, rounds - 1)

    @aiomas.expose
    async def visit(self, visitor, rounds):
        self.visits += 1
        assert await visitor.thank(self.addr) == self.addr
        if rounds == 0:
            return 1
        return 1 + await self.start(rounds)

    @aiomas.expose
    def thank(self, addr):
        self.thanks += 1
        return addr

    @aiomas.expose
    def counts(self):
        return [self.visits, self.thanks]


class Registrar(aiomas.Agent):
    """Tells the walkers of its container of all others."""

    @aiomas.expose
    def share(self, urls):
        Walker.urls = urls

    @aiomas.expose
    async def spawn(self, n, seed):
        return [Walker(self.container, seed + i).addr for i in range(n)]


class Scripted(aiomas.Agent):
    """Does what a script says, by the container's clock, and keeps a journal."""

    def __init__(self, container):
        super().__init__(container)
        self.journal = []
        self.tasks = []

    def note(self, label):
        self.journal.append([float(self.container.clock.time()), str(self.container.clock.utcnow()), label])

    @aiomas.expose
    def play(self, script):
        clock = self.container.clock
        for what, when, label in script:
            if what == 'call_in':
                clock.call_in(when, self.note, label)
            elif what == 'call_at':
                clock.call_at(when, self.note, label)
            elif what == 'call_at_date':
                clock.call_at(arrow.get(when), self.note, label)
            elif what == 'cancelled':
                clock.call_in(when, self.note, label).cancel()
            elif what == 'repeat':
                self.repeat(when, label, 1)
            elif what == 'sleep':
                self.tasks.append(asyncio.ensure_future(self.sleep(when, label)))
            elif what == 'past':
                try:
                    clock.call_at(when, self.note, label)
                except ValueError as exc:
                    self.note('%s: %s' % (label, exc.args[0].split('"')[0].strip()))

    def repeat(self, dt, label, n):
        def call():
            self.note('%s %d' % (label, n))
            if n < 5:
                self.repeat(dt, label, n + 1)
        self.container.clock.call_in(dt, call)

    async def sleep(self, times, label):
        for n, dt in enumerate(times):
            await self.container.clock.sleep(dt)
            self.note('%s %d' % (label, n))

    @aiomas.expose
    def settle(self):
        """Return when all that the last time woke has come to rest, which here it has."""

    @aiomas.expose
    def read(self):
        return self.journal


class LockStep(aiomas.Agent):
    """Sets the time of several containers in lock-step."""

    @aiomas.expose
    async def run(self, managers, agents, times):
        """Set each of *times* in all containers, and let *agents* come to rest after each."""
        managers = [await self.container.connect(url) for url in managers]
        agents = [await self.container.connect(url) for url in agents]
        for time in times:
            await asyncio.gather(*[manager.set_time(time) for manager in managers])
            await asyncio.gather(*[agent.settle() for agent in agents])
