"""The bench's peer on real aiomas: ``peer.py serve|drive CODEC WORK SIZE [HOST:PORT]``.

It speaks the line protocol of ``internal/proc``: a line with its address when it
is ready, then a reply to each request on stdin.
"""

import array
import asyncio
import json
import math
import platform
import resource
import sys
import time

import aiomas
import msgpack


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
    def floats(self, values):
        return values

    @aiomas.expose
    def bytes(self, data):
        return data


def floats(n):
    """The same values as in array.go."""
    return [
        math.floor(1e4 * (50 + 30 * math.sin(i / 96) + (i * 7919 % 1000) / 100) + 0.5) / 1e4
        for i in range(n)
    ]


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
    return ['Python %s with aiomas %s and msgpack %s (%s)' % (
        platform.python_version(), aiomas.__version__, msgpack_version, form)]


async def serve(codec):
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
    def __init__(self, connection, work, size):
        remote = connection.remote
        self.stopped = False
        self.calls = 0
        if work == 'add':
            self.call = self.add
            self.function = remote.add
        else:
            values = floats(size)
            self.call = self.send
            self.function = getattr(remote, work)
            self.data = values if work == 'floats' else array.array('d', values).tobytes()

    async def add(self):
        call = self.function
        i = 0
        while not self.stopped:
            await call(i, 2)
            i += 1
        self.calls += i

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
    connection = await aiomas.rpc.open_connection((host, int(port)), codec=codec)
    driver = Driver(connection, work, size)
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
    asyncio.run(serve(codec) if role == 'serve' else drive(codec, work, size, sys.argv[5]))


if __name__ == '__main__':
    main()
