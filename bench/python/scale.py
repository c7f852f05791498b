"""The same system on real aiomas:  scale.py HOST:PORT  runs one container, started by aiomas.subproc.start.

The manager of scale.go spawns its agents, tells them the addresses of all containers, and lets them take steps.
"""

import asyncio
import os
import random
import resource
import sys

import aiomas
from aiomas import subproc


class Unit(aiomas.Agent):
    def __init__(self, container):
        super().__init__(container)
        self.value = 0

    @aiomas.expose
    def poke(self, value):
        self.value += value
        return self.value

    async def act(self, url):
        other = await self.container.connect(url)
        await other.poke(1)


class Site(subproc.Manager):
    @aiomas.expose
    def populate(self, n):
        self.random = random.Random(self.addr)
        self.units = [Unit(self.container) for _ in range(n)]

    @aiomas.expose
    async def join(self, bases, each):
        self.bases, self.each = bases, each
        await asyncio.gather(*[self.container.connect(b + '0') for b in bases])

    def other(self):
        return self.random.choice(self.bases) + str(self.random.randint(1, self.each))

    @aiomas.expose
    async def learn(self):
        self.known = await asyncio.gather(*[self.container.connect(self.other()) for _ in self.units])

    @aiomas.expose
    async def step(self, kind):
        if kind == 'connect':
            await asyncio.gather(*[u.act(self.other()) for u in self.units])
        else:
            await asyncio.gather(*[self.random.choice(self.known).poke(1) for _ in self.units])

    @aiomas.expose
    def memory(self):
        with open('/proc/self/statm') as f:
            rss = int(f.read().split()[1]) * resource.getpagesize()
        used = resource.getrusage(resource.RUSAGE_SELF)
        return [0, rss, int(1e9 * (used.ru_utime + used.ru_stime)), 0]


async def end(manager):
    await manager.stop_received
    os._exit(0)  # Container.shutdown() is broken on Python 3.10 and newer


class Manager(Site):
    def __init__(self, container):
        super().__init__(container)
        asyncio.ensure_future(end(self))


if __name__ == '__main__':
    subproc.Manager = Manager  # started by subproc.start
    host, port = sys.argv[1].rsplit(':', 1)
    asyncio.get_event_loop().run_until_complete(subproc.start((host, int(port))))
