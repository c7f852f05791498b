"""Plays between aiomas and a peer on the raw wire: what the program saw, and what it wrote.

    scenarios.py plain|fast [--compat] [--uvloop]

prints it as JSON.  With aiomas_fast it has to be what it is without.
"""

import asyncio
import contextvars
import json
import struct
import sys

PLAYS = {}


def play(function):
    PLAYS[function.__name__] = function
    return function


def frame(message):
    data = json.dumps(message).encode()
    return struct.pack('!L', len(data)) + data


def frames(*messages):
    return b''.join(map(frame, messages))


def request(i, name, *args):
    return [0, i, [name, args, {}]]


class Peer:
    """The other end."""

    def __init__(self):
        self.got = []
        self.connected = asyncio.Event()
        self.changed = asyncio.Event()

    async def handle(self, reader, writer):
        self.writer = writer
        self.write = writer.write
        self.connected.set()
        try:
            while True:
                size, = struct.unpack('!L', await reader.readexactly(4))
                message = json.loads(await reader.readexactly(size))
                if message[0] == 2:
                    message[2] = message[2].splitlines()[-1]
                self.got.append(message)
                self.changed.set()
        except (ConnectionError, asyncio.IncompleteReadError):
            self.got.append('the end')
            self.changed.set()

    async def until(self, count):
        """Wait for so many messages, or the end."""
        while len(self.got) < count:
            self.changed.clear()
            await self.changed.wait()


class Stage:
    """A client with a service, the raw peer it is connected to, and what happened."""

    current = contextvars.ContextVar('current', default=0)

    def __init__(self, aiomas):
        self.aiomas = aiomas
        self.seen = []

    async def enter(self):
        self.peer, self.server, self.client = await self.connect()
        self.remote = self.client.remote
        self.second = None

    async def connect(self):
        peer = Peer()
        server = await asyncio.start_server(peer.handle, '127.0.0.1', 0)
        service = self.service = make_service(self)
        client = await self.aiomas.rpc.open_connection(server.sockets[0].getsockname(), rpc_service=service)
        service.client = client
        client.on_connection_reset(lambda exc: self.saw('reset', type(exc).__name__, exc))
        await peer.connected.wait()
        return peer, server, client

    def saw(self, *what):
        self.seen.append(' '.join(map(str, what)))

    async def outcome(self, name, awaitable):
        try:
            self.saw(name, await awaitable)
        except BaseException as exc:
            self.saw(name, 'raised', type(exc).__name__, exc)

    async def leave(self):
        await some_time()
        wire = list(self.peer.got)
        if self.second:
            wire += ['second', *self.second[0].got]
        closed = []
        for peer, server, client in filter(None, [(self.peer, self.server, self.client), self.second]):
            try:
                await client.close()
            except BaseException as exc:
                closed.append('%s: %s' % (type(exc).__name__, exc))
            peer.writer.close()
            server.close()
        await some_time()
        return {'saw': self.seen, 'wire': wire, 'closed': closed}


def make_service(stage):
    saw, current, expose = stage.saw, stage.current, stage.aiomas.expose

    class Service:
        router = stage.aiomas.rpc.Service()

        @expose
        def plain(self, i):
            saw('plain', i, current.get())
            current.set(i)
            return i

        @expose
        async def later(self, i):
            saw('later', i, current.get())
            current.set(i)
            await asyncio.sleep(0)
            saw('later', i, 'ends')
            return i

        @expose
        def soon(self, i):
            asyncio.get_running_loop().call_soon(saw, 'soon', i)
            return i

        @expose
        def calls(self):
            self.call = self.client.remote.note(1)
            return 'has called'

        @expose
        async def calls_later(self):
            self.call = self.client.remote.note(2)
            return 'has called later'

        @expose
        async def waits(self):
            return await self.client.remote.note(3)

        @expose
        def fails(self):
            raise KeyError('k')

        @expose
        async def fails_later(self):
            raise KeyError('later')

        @expose
        def stops(self):
            raise StopIteration('s')

        @expose
        def closes(self):
            self.closing = asyncio.ensure_future(self.client.close())
            return 'bye'

        @expose
        def generator(self):
            return (i for i in range(3))

        @expose
        def future(self):
            f = asyncio.get_running_loop().create_future()
            f.set_result(1)
            return f

        @expose
        def ends_itself(self):
            self.client.service.cancel()
            return 'cancelled'

        @expose
        async def cancels_itself(self):
            asyncio.current_task().cancel()
            await asyncio.sleep(0)

        @expose
        def cancelled(self):
            raise asyncio.CancelledError

    return Service()


# --- the plays -------------------------------------------------------------

@play
async def replies_and_requests_in_one_read(stage):
    async def caller(i):
        call = stage.remote.call(i)
        waits = [lambda: call, lambda: asyncio.wait_for(call, 60), lambda: asyncio.gather(call)][i]
        stage.saw('reply', i, await waits())

    callers = [asyncio.ensure_future(caller(i)) for i in range(3)]
    await stage.peer.until(3)
    stage.peer.write(frames(
        request(0, 'plain', 1), [1, 0, 'r0'], request(1, 'later', 2), [1, 1, 'r1'], request(2, 'plain', 3),
        [1, 2, 'r2'], request(3, 'plain', 4)))
    await asyncio.gather(*callers)
    await stage.peer.until(7)


@play
async def replies_that_bring_calls(stage):
    async def caller(i):
        stage.saw('reply', i, await stage.remote.first(i))
        stage.saw('second reply', i, await stage.remote.second(i))

    callers = [asyncio.ensure_future(caller(i)) for i in range(2)]
    await stage.peer.until(2)
    stage.peer.write(frames([1, 0, 'r0'], request(0, 'calls'), [1, 1, 'r1'], request(1, 'plain', 3)))
    await stage.peer.until(7)
    stage.peer.write(frames(*[[1, i, i] for i in range(2, 5)]))
    await asyncio.gather(*callers)


@play
async def all_kinds_in_one_read(stage):
    calls = [('later', 0), ('plain', 1), ('soon', 2), ('later', 3), ('fails',), ('nothing',), ('plain', 5), ('stops',),
             ('generator',), ('future',), ('plain', 1, 2), ('soon', 6), ('fails_later',), ('plain', 7)]
    stage.peer.write(frames(*[request(i, *call) for i, call in enumerate(calls)]))
    await stage.peer.until(len(calls))


@play
async def functions_that_call(stage):
    stage.peer.write(frames(request(0, 'calls'), request(1, 'calls_later'), request(2, 'waits'), request(3, 'plain', 1)))
    await stage.peer.until(6)
    stage.peer.write(frames(*[[1, i, 'n%d' % i] for i in range(3)]))
    await stage.peer.until(7)


@play
async def reply_to_a_cancelled_call(stage):
    first, second = stage.remote.call(1), stage.remote.call(2)
    await stage.peer.until(2)
    first.cancel()
    stage.peer.write(frames([1, 0, 'late'], [1, 1, 'other']))
    await stage.outcome('second', second)
    await stage.outcome('third', call(stage, 3))
    await stage.outcome('service', stage.client.service)


@play
async def call_cancelled_before_it_is_sent(stage):
    stage.remote.call(1).cancel()
    waiting = asyncio.ensure_future(asyncio.wait_for(stage.remote.call(2), 60))
    await asyncio.sleep(0)
    waiting.cancel()
    await stage.outcome('waiting', waiting)
    await stage.peer.until(2)
    stage.peer.write(frames(request(0, 'plain', 1)))
    await stage.peer.until(3)


@play
async def peer_is_gone(stage):
    waiting = stage.remote.call(1)
    await stage.peer.until(1)
    stage.peer.write(frames(request(0, 'plain', 1)))
    stage.peer.writer.close()
    await stage.outcome('call', waiting)
    await stage.outcome('another', call(stage, 2))


@play
async def close_after_send(stage):
    calls = [stage.remote.call(i) for i in range(2)]
    closing = asyncio.ensure_future(stage.client.close())
    for c in calls:
        await stage.outcome('call', c)
    await closing


@play
async def close_while_a_call_waits(stage):
    waiting = stage.remote.call(1)
    await stage.peer.until(1)
    last = stage.remote.call(2)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await stage.outcome('close', stage.client.close())
    await stage.outcome('call', waiting)
    await stage.outcome('last', last)


@play
async def close_before_replies(stage):
    stage.peer.write(frames(request(0, 'closes'), request(1, 'plain', 1), request(2, 'later', 1)))
    await stage.peer.until(1)


@play
async def reply_to_an_unknown_call(stage):
    waiting = stage.remote.call(1)
    await stage.peer.until(1)
    stage.peer.write(frames([1, 77, 'x']))
    await stage.outcome('call', waiting)


@play
async def unknown_type(stage):
    waiting = stage.remote.call(1)
    await stage.peer.until(1)
    stage.peer.write(frames(request(0, 'plain', 1), [7, 0, 'x'], request(1, 'plain', 2)))
    await stage.outcome('call', waiting)


@play
async def request_before_what_cannot_be_read(stage):
    waiting = stage.remote.call(1)
    await stage.peer.until(1)
    stage.peer.write(frames(request(5, 'plain', 1)) + b'\0\0\0\3{x}')
    await stage.outcome('call', waiting)


@play
async def empty_frame(stage):
    stage.peer.write(frames(request(5, 'later', 1)) + b'\0\0\0\0' + frames(request(6, 'plain', 1)))
    await stage.peer.until(1)


@play
async def not_three(stage):
    stage.peer.write(frames([0, 1]))
    await stage.peer.until(1)


@play
async def bad_requests(stage):
    stage.peer.write(frames(
        [0, 5, ['plain', [1]]], [0, 6, 5], [0, 7, [['x'], [], {}]], request(8, 'plain', 1), [0, 9, ['plain', 5, {}]],
        [0, 10, ['plain', [1], {'j': 2}]], request(11, 'plain', 1)))
    await stage.peer.until(4)


@play
async def byte_by_byte(stage):
    for i, byte in enumerate(frames(request(0, 'plain', 1), request(1, 'later', 2), request(2, 'plain', 'x' * 50))):
        stage.peer.write(bytes([byte]))
        await asyncio.sleep(0)
    await stage.peer.until(3)


@play
async def exception_comes(stage):
    waiting = stage.remote.call(1)
    await stage.peer.until(1)
    stage.peer.write(frames(request(0, 'plain', 1), [2, 0, 'text'], request(1, 'plain', 2)))
    try:
        await waiting
    except stage.aiomas.RemoteException as exc:
        stage.saw(exc.origin == stage.peer.writer.get_extra_info('sockname'), exc.remote_traceback)
    await stage.peer.until(3)


@play
async def what_cannot_be_encoded(stage):
    circle = []
    circle.append(circle)
    for value in (Unknown(), {1, 2}, circle):
        await stage.outcome('call', call(stage, value))
    stage.remote.call([1])
    stage.remote.call({'a': [1]})
    await stage.outcome('circle', call(stage, circle))
    stage.remote.call([1])
    await stage.peer.until(3)


@play
async def service_is_cancelled(stage):
    stage.peer.write(frames(request(0, 'waits'), request(1, 'plain', 1)))
    await stage.peer.until(2)
    stage.peer.write(frames(request(2, 'plain', 2)))
    stage.client.service.cancel()
    await stage.outcome('service', stage.client.service)


@play
async def service_is_cancelled_by_a_function(stage):
    stage.peer.write(frames(request(0, 'ends_itself'), request(1, 'plain', 1), request(2, 'later', 1)))
    await stage.outcome('service', stage.client.service)


@play
async def functions_are_cancelled(stage):
    stage.peer.write(frames(request(0, 'cancels_itself'), request(1, 'cancelled'), request(2, 'waits')))
    await stage.peer.until(1)
    for task in asyncio.all_tasks():
        if 'waits' in repr(task.get_coro()) and 'Peer' not in repr(task.get_coro()):
            task.cancel()
    stage.peer.write(frames(request(3, 'plain', 1)))
    await some_time()


@play
async def two_connections_at_once(stage):
    stage.second = other, _, client = await stage.connect()

    async def caller(i):
        stage.saw('reply', i, await client.remote.call(i))
        stage.saw('second reply', i, await client.remote.call(i))

    callers = [asyncio.ensure_future(caller(i)) for i in range(2)]
    await other.until(2)
    stage.peer.write(frames(request(0, 'plain', 1), request(1, 'later', 2), request(2, 'soon', 3)))
    other.write(frames([1, 0, 'r0'], request(0, 'plain', 4), [1, 1, 'r1'], request(1, 'plain', 5)))
    await stage.peer.until(3)
    await other.until(6)
    other.write(frames([1, 2, 'r2'], [1, 3, 'r3']))
    await asyncio.gather(*callers)


@play
async def something_else_is_ready(stage):
    loop = asyncio.get_running_loop()

    def again(left):
        stage.saw('turn')
        if left:
            loop.call_soon(again, left - 1)

    received = stage.client.channel._protocol.data_received
    again(6)
    received(frames(request(0, 'plain', 1), request(1, 'later', 2)))
    await stage.peer.until(2)


@play
async def requests_of_a_channel(stage):
    """Without remote calls on top: receive, reply and fail."""
    peer = Peer()
    server = await asyncio.start_server(peer.handle, '127.0.0.1', 0)
    channel = await stage.aiomas.channel.open_connection(server.sockets[0].getsockname())
    await peer.connected.wait()
    peer.write(frames([0, 0, 'a'], [0, 1, 'b'], [0, 2, 'c']))
    for _ in range(3):
        request = await channel.recv()
        stage.saw(request.content)
        await (request.fail(ValueError('no')) if request.content == 'b' else request.reply(request.content))
        stage.saw('has replied')
    sent = channel.send('d')
    await peer.until(4)
    peer.write(frames([1, 0, 'e']))
    stage.saw(await sent)
    await channel.close()
    await peer.until(5)
    stage.saw(peer.got)
    server.close()


class Unknown:
    def __repr__(self):
        return '<unknown>'


async def call(stage, value):
    return await stage.remote.call(value)


async def some_time():
    """Wait for as long as a few messages take, there and back."""
    loop = asyncio.get_running_loop()

    class Echo(asyncio.Protocol):
        def connection_made(self, transport):
            self.transport = transport

        def data_received(self, data):
            self.transport.write(data)

    server = await loop.create_server(Echo, '127.0.0.1', 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    for _ in range(20):
        writer.write(b'x')
        await reader.readexactly(1)
    writer.close()
    server.close()


async def perform(aiomas):
    results = {}
    for name, function in PLAYS.items():
        stage = Stage(aiomas)
        await stage.enter()
        try:
            await asyncio.wait_for(function(stage), 60)
        except BaseException as exc:
            stage.saw('ended with', type(exc).__name__, exc)
        results[name] = await stage.leave()
    return results


def main(kind, *options):
    if '--compat' in options:
        import aiomas_compat  # noqa: F401
    if kind == 'fast':
        import aiomas_fast
        assert all(part.fast for part in aiomas_fast.status()[:3]), aiomas_fast.status()
    import aiomas
    loop = asyncio.new_event_loop()
    if '--uvloop' in options:
        import uvloop
        loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.set_exception_handler(lambda loop, context: None)
    print(json.dumps(loop.run_until_complete(perform(aiomas))))


if __name__ == '__main__':
    main(*sys.argv[1:])
