"""Agents that rely on the order in which calls arrive, and agents that find out about it."""

import asyncio
import time

import aiomas

from common import CODECS


class Store(aiomas.Agent):
    """Keeps what it is told: its twin in Go is in order_test.go."""

    value = None
    last = disordered = 0

    @aiomas.expose
    def update(self, value):
        self.value = value

    @aiomas.expose
    def get(self):
        return self.value

    @aiomas.expose
    async def hello(self, url):
        """Let the prober at *url* have a proxy of this agent, on a connection made by its container."""
        prober = await self.container.connect(url)
        await prober.register(self)

    @aiomas.expose
    def ping(self, i):
        if i != self.last + 1:
            self.disordered += 1
        self.last = i

    @aiomas.expose
    def bad(self):
        bad, self.last, self.disordered = self.disordered, 0, 0
        return bad

    @aiomas.expose
    async def walk(self, urls):
        """Call the walk of the first of *urls* with the others; return how many there were."""
        if not urls:
            return 0
        there = await self.container.connect(urls[0])
        return 1 + await there.walk(urls[1:])

    @aiomas.expose
    async def fork(self, urls, depth):
        """Call the fork of all *urls* at once; return the number of calls."""
        if depth == 0:
            return 1
        there = [await self.container.connect(url) for url in urls]
        return 1 + sum(await asyncio.gather(*[proxy.fork(urls, depth - 1) for proxy in there]))


class Prober(aiomas.Agent):
    """Calls a Store."""

    @aiomas.expose
    def register(self, store):
        self.store = store

    @aiomas.expose
    async def stale(self, url, pairs, gap):
        """Update by one connection, read *gap* microseconds later by another; return how many answers were old."""
        store = await self.container.connect(url)
        await store.hello(self.addr)
        stale = 0
        for i in range(pairs):
            update = asyncio.ensure_future(store.update(i))
            for _ in range(3):  # until it was sent
                await asyncio.sleep(0)
            begin = time.perf_counter()
            while time.perf_counter() - begin < gap * 1e-6:
                pass
            value = await self.store.get()
            await update
            stale += value != i
        return stale

    @aiomas.expose
    async def disorder(self, url, calls):
        """Make *calls* calls at once by one connection; return how many began too early or late."""
        store = await self.container.connect(url)
        await asyncio.gather(*[store.ping(i) for i in range(1, calls + 1)])
        return await store.bad()

    @aiomas.expose
    async def crowd(self, addr, codec, connections, calls):
        """Note something by many connections at once; return how many answers were wrong."""
        async def one(number):
            con = await aiomas.rpc.open_connection(tuple(addr), codec=CODECS[codec])
            note = getattr(con.remote.agents, '0').note
            wrong = 0
            for i in range(calls):
                wrong += (await note('py%d' % number, i))['py%d' % number] != i
            await con.close()
            return wrong
        return sum(await asyncio.gather(*[one(number) for number in range(connections)]))
