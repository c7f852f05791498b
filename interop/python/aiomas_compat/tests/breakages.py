"""What fails in aiomas 2.0.1 on one version or another, each as a program of a few lines.

    python breakages.py

tries all with aiomas as it is and prints, as JSON, what each says: ``null`` if it works.
"""

import asyncio
import json
import traceback

import aiomas
import aiomas.channel
import aiomas.rpc

from helpers import run_skipping_time

#: The name of what has to be replaced: the program that fails until it is.
BREAKAGES = {}


def breaks(target):
    def register(function):
        BREAKAGES[target] = function
        return function
    return register


@breaks('aiomas.codecs.MsgPack.decode')
def msgpack():
    value = {1: 'a', b'b': 2.0, None: (True, -1), (1, 2): {'c': None}}
    codec = aiomas.MsgPack()
    assert codec.decode(codec.encode(value)) == value


@breaks('aiomas.codecs.MsgPackBlosc.decode')
def msgpack_blosc():
    value = {1: 'a', b'b': 2.0, None: (True, -1), (1, 2): {'c': None}}
    codec = aiomas.MsgPackBlosc()
    assert codec.decode(bytearray(codec.encode(value))) == value


@breaks('aiomas.clocks.asyncio')
def sleep():
    async def run():
        clock = aiomas.AsyncioClock()
        assert await clock.sleep(100, 'a') == 'a'
        assert await clock.sleep_until(clock.time() + 100, 'b') == 'b'
    run_skipping_time(run())


@breaks('aiomas.agent.asyncio')
def shutdown():
    async def run():
        container = await aiomas.Container.create(('127.0.0.1', 0), as_coro=True)
        await container.shutdown(as_coro=True)
    asyncio.run(run())


@breaks('aiomas.local_queue.asyncio')
def local_queue():
    async def handle(channel):
        request = await channel.recv()
        await request.reply(request.content + 1)

    async def run():
        queue = aiomas.get_queue('breakages')
        server = await aiomas.channel.start_server(queue, handle)
        channel = await aiomas.channel.open_connection(queue)
        assert await channel.send(1) == 2
        await channel.close()
        server.close()
        await server.wait_closed()
    asyncio.run(run())


@breaks('aiomas.clocks.ExternalClock.utcnow')
def utcnow():
    async def run():
        clock = aiomas.ExternalClock('2016-01-01T00:00:00')
        clock.set_time(90)
        assert clock.utcnow().isoformat() == '2016-01-01T00:01:30+00:00'
    asyncio.run(run())


@breaks('aiomas.rpc._handle_request')
def cancelled_function():
    @aiomas.expose
    async def cancelled():
        task = asyncio.ensure_future(asyncio.sleep(60))
        task.cancel()
        await task

    async def run():
        server, client = await serve({'cancelled': cancelled, 'echo': echo})
        call = client.remote.cancelled()
        await some_time(client)
        assert call.done(), 'no answer'
        try:
            await call
        except aiomas.RemoteException as exc:
            assert exc.remote_traceback.splitlines()[-1].endswith('CancelledError'), exc.remote_traceback
        else:
            raise AssertionError('it has a result')
        await client.close()
        server.close()
    asyncio.run(run())


@breaks('aiomas.channel.start_server')
def wait_closed():
    async def run():
        server, client = await serve({'echo': echo})
        server.close()
        waiting = asyncio.ensure_future(server.wait_closed())
        await some_time(client)
        assert waiting.done(), 'it waits for the client'
        await client.close()
    asyncio.run(run())


@aiomas.expose
def echo(value):
    return value


async def some_time(client):
    """Wait for as long as a few calls take."""
    for i in range(10):
        assert await client.remote.echo(i) == i


async def serve(functions):
    """Return a server of *functions* and a client."""
    server = await aiomas.rpc.start_server(('127.0.0.1', 0), aiomas.rpc.ServiceDict(functions))
    client = await aiomas.rpc.open_connection(server.sockets[0].getsockname()[:2])
    return server, client


def attempt(function):
    try:
        function()
    except Exception:
        return traceback.format_exc()
    return None


if __name__ == '__main__':
    print(json.dumps({target: attempt(function) for target, function in BREAKAGES.items()}))
