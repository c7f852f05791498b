"""The bench's peer on real aiomas: ``peer.py serve|drive CODEC WORK SIZE [HOST:PORT]``.

The environment variable BENCH_IMPORT names modules that are imported first, as "aiomas_compat,aiomas_fast".

It speaks the line protocol of ``internal/proc``: a line with its address when it
is ready, then a reply to each request on stdin.
"""

import array
import asyncio
import importlib
import json
import math
import os
import platform
import resource
import sys
import time

for module in filter(None, os.environ.get('BENCH_IMPORT', '').split(',')):
    importlib.import_module(module)

import aiomas  # noqa: E402
import msgpack  # noqa: E402


def load_codec(name):
    if name == 'msgpack-blosc':
        return aiomas.MsgPackBlosc
    return {'json': aiomas.JSON, 'msgpack': aiomas.MsgPack}[name]


class Service:
    router = aiomas.rpc.Service()

    @aiomas.expose
    def add(self, a, b):
        return a + b

    @aiomas.expose
    async def add_async(self, a, b):
        return a + b

    @aiomas.expose
    async def call_back(self, caller, a, b):
        return await caller.add(a, b)

    @aiomas.expose
    def echo(self, data):
        return data

    floats = bytes = state = echo


class Worker(aiomas.Agent):
    @aiomas.expose
    def add(self, a, b):
        return a + b

    @aiomas.expose
    async def slow(self, a, b):
        await asyncio.sleep(0.005)
        return a + b


def floats(n):
    """The same values as in array.go."""
    return [
        math.floor(1e4 * (50 + 30 * math.sin(i / 96) + (i * 7919 % 1000) / 100) + 0.5) / 1e4
        for i in range(n)
    ]


def state():
    """A dict of as many floats as in package state."""
    names = ['value_%02d' % i for i in range(16)]
    values = iter(floats(24 * 16))
    return {'unit_%02d' % i: {name: next(values) + 1e-13 for name in names} for i in range(24)}


def usage():
    used = resource.getrusage(resource.RUSAGE_SELF)
    with open('/proc/self/statm') as f:
        rss = int(f.read().split()[1]) * resource.getpagesize()
    return {'cpu': int((used.ru_utime + used.ru_stime) * 1e9), 'mallocs': 0, 'rss': rss}


def say(**reply):
    print(json.dumps(reply), flush=True)


def version():
    form = 'pure Python' if msgpack.Packer.__module__ == 'msgpack.fallback' else 'C'
    msgpack_version = '.'.join(str(n) for n in msgpack.version)
    fast = ' and aiomas_fast' if 'aiomas_fast' in sys.modules else ''
    return ['Python %s with aiomas %s and msgpack %s (%s)%s' % (
        platform.python_version(), aiomas.__version__, msgpack_version, form, fast)]


async def start_container(codec, agents):
    container = await aiomas.Container.create(('127.0.0.1', 0), codec=codec, as_coro=True)
    container.workers = [Worker(container) for _ in range(max(agents, 1))]
    return container._tcp_server


async def serve(codec, work, size):
    if work in ('agents', 'slow'):
        server = await start_container(codec, size)
    else:
        server = await aiomas.rpc.start_server(('127.0.0.1', 0), Service(), codec=codec, backlog=1024)
    ended = asyncio.Event()

    def requested():
        if sys.stdin.readline():
            say(usage=usage())
        else:
            ended.set()

    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), requested)
    host, port = server.sockets[0].getsockname()
    say(addr='%s:%d' % (host, port), version=version())
    await ended.wait()
    server.close()


class Driver:
    def __init__(self, connection, service, work, size):
        remote = connection.remote
        self.service = service
        self.stopped = False
        self.calls = 0
        self.function = getattr(remote, work)
        if work in ('add', 'add_async'):
            self.call = self.add
        elif work == 'call_back':
            self.call = self.be_called_back
        else:
            self.call = self.send
            self.data = {
                'floats': floats, 'bytes': lambda n: array.array('d', floats(n)).tobytes(),
                'echo': lambda n: 'x' * n, 'state': lambda n: state(),
            }[work](size)

    async def add(self):
        call = self.function
        i = 0
        while not self.stopped:
            await call(i, 2)
            i += 1
        self.calls += i

    async def be_called_back(self):
        while not self.stopped:
            assert await self.function(self.service, 1, 2) == 3
            self.calls += 1

    async def send(self):
        while not self.stopped:
            got = await self.function(self.data)
            assert len(got) == len(self.data)
            self.calls += 1

    def stop(self):
        self.stopped = True

    async def run(self, request):
        self.stopped, self.calls = False, 0
        before = usage()
        start = time.perf_counter_ns()
        asyncio.get_running_loop().call_later(request['nanos'] / 1e9, self.stop)
        await asyncio.gather(*[self.call() for _ in range(request['in_flight'])])
        nanos = time.perf_counter_ns() - start
        after = usage()
        say(calls=self.calls, nanos=nanos, usage={k: after[k] - before[k] for k in after})


async def drive(codec, work, size, addr):
    host, port = addr.split(':')
    service = Service() if work == 'call_back' else None
    connection = await aiomas.rpc.open_connection((host, int(port)), rpc_service=service, codec=codec)
    driver = Driver(connection, service, work, size)
    say(version=version())
    # Nothing is under way between two requests, so that waiting may block the loop.
    for line in sys.stdin:
        request = json.loads(line)
        if request['op'] == 'run':
            await driver.run(request)
        else:
            say(usage=usage())
    await connection.close()


def main():
    role, codec, work, size = sys.argv[1], load_codec(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    asyncio.run(serve(codec, work, size) if role == 'serve' else drive(codec, work, size, sys.argv[5]))


if __name__ == '__main__':
    main()
