"""The messages that two real aiomas peers exchange, as they are seen on the wire.

Each scenario runs on a connection of its own, through a relay that writes down
every frame in the order in which it passes.  All is on Unix sockets, so that no
port number comes into a message.
"""

import asyncio
import os
import struct
import tempfile

import aiomas
import arrow

from callbacks import CallBack, CallBackAgent
from common import close_connections, close_container
from golden_service import Server, ServerAgent
from golden_types import SERIALIZERS, Point

DATE = arrow.get('2013-05-07T18:21:00+02:00')


class Peers:
    """The client's side of a scenario: *remote* is the server's service, *own* the client's."""

    def __init__(self, remote, own):
        self.remote = remote
        self.own = own

    async def fails(self, call):
        """Await a call that the server answers with an exception."""
        try:
            await call
        except aiomas.RemoteException:
            return
        raise AssertionError('the call did not fail')


def rpc_scenarios():
    """Name, custom types before object, and the coroutine function that makes the calls."""
    async def several(p):
        for i in range(4):
            await p.remote.add(i, b=1)

    async def out_of_order(p):
        slow = p.remote.wait()
        await asyncio.gather(slow, p.remote.release())

    async def call_proxy(p):
        sub = await p.remote.get_sub()
        await sub.name()
        await sub.deep.name()

    def call(path, *args, **kwargs):
        async def run(p):
            function = p.remote
            for name in path.split('/'):
                function = getattr(function, name)
            await function(*[a(p) if callable(a) else a for a in args],
                           **{k: a(p) if callable(a) else a for k, a in kwargs.items()})
        return run

    def failing(path, *args, **kwargs):
        async def run(p):
            await p.fails(call(path, *args, **kwargs)(p))
        return run

    def own(p):
        return p.own

    def inner(p):
        return p.own.inner

    yield 'add', (), call('add', 1, 2)
    yield 'keywords', (), call('add', 1, b=2)
    yield 'only keywords', (), call('add', a=1, b=2)
    yield 'no arguments', (), call('nothing')
    yield 'floats', (), call('add', 1.0, 0.5)
    yield 'strings', (), call('add', 'a\u20ac', '\U0001f600')
    yield 'nested path', (), call('sub/deep/name')
    yield 'all kinds', (), call('echo', None, True, 1, 1.5, 'x', [1, [2]], {'a': {}}, a=1, b=[], c={'d': None})
    yield 'keywords in no order', (), call('echo', z=1, a=2, m=3)
    yield 'many arguments', (), call('echo', *range(20), **{'k%02d' % i: i for i in range(20)})
    yield 'dict', (), call('identity', {'b': 1, 'a': [True, None]})
    yield 'several calls', (), several
    yield 'replies out of order', (), out_of_order
    yield 'service as argument', (), call('call_back', own)
    yield 'service as keyword', (), call('call_back', proxy=own, n=2)
    yield 'service below the root as argument', (), call('call_back', inner, 2)
    yield 'service as result', (), call('get_sub')
    yield 'dict service as result', (), call('get_deep')
    yield 'root service as result', (), call('get_self')
    yield 'services in a dict and a list', (), call('get_both')
    yield 'proxy called', (), call_proxy
    yield 'custom types', ('Point', 'complex'), call('identity', [Point(1, 2.5), 1 + 2j, Point(Point(0, 0), None)])
    yield 'service after two types', ('Point', 'complex'), call('get_both')
    yield 'service argument after two types', ('Point', 'complex'), call('call_back', own)
    yield 'date', ('Arrow',), call('identity', DATE)
    yield 'failure', (), failing('fail', '42')
    yield 'failure without message', (), failing('fail')
    yield 'failure, empty message', (), failing('fail', '')
    yield 'failure, lines', (), failing('fail', 'one\ntwo\n\n  three')
    yield 'failure, not ASCII', (), failing('fail', '\u00e4\u20ac\U0001f600"\\')
    yield 'failure, KeyError', (), failing('fail_key', 'key')
    yield 'failure, own class', (), failing('fail_custom')
    yield 'failure, coroutine', (), failing('fail_later')
    yield 'failure, chained', (), failing('fail_chained')
    yield 'failure while failing', (), failing('fail_while_failing')
    yield 'failure, SyntaxError', (), failing('fail_syntax')
    yield 'failure, recursion', (), failing('fail_deep', 10)
    yield 'failure of the callback', (), failing('call_back_fail', own)
    yield 'unserializable', (), failing('unserializable')
    yield 'not found', (), failing('wrong')
    yield 'not found below', (), failing('sub/deep/wrong')
    yield 'not found after a function', (), failing('add/wrong')
    yield 'not exposed', (), failing('private')
    yield 'not callable', (), failing('sub')
    yield 'argument missing', (), failing('add')
    yield 'two arguments missing', (), failing('call_back_fail')
    yield 'too many arguments', (), failing('add', 1, 2, 3)
    yield 'keyword unknown', (), failing('add', 1, c=2)
    yield 'argument twice', (), failing('add', 1, a=2)
    yield 'wrong types', (), failing('add', 1, 'x')


def agent_scenarios():
    """Name and the coroutine function that makes the calls; aiomas registers the dates."""
    async def call(p):
        await p.remote.add(1, 2)
        await p.remote.sub.name()

    async def call_back(p):
        await p.remote.call_back(p.own, 2)

    async def as_result(p):
        await p.remote.get_self()
        await p.remote.get_sub()

    async def date(p):
        await p.remote.identity(DATE)

    async def not_found(p):
        await p.fails(p.remote.wrong())

    yield 'call', call
    yield 'agent as argument', call_back
    yield 'agent as result', as_result
    yield 'date', date
    yield 'not found', not_found


def channel_contents():
    """Contents of requests on a channel without RPC; each is answered with itself."""
    return [
        'ohai', None, True, 0, -1, 1.0, [], {}, [1, [2, {'a': None}]], {'a': 1, 'b': [1.5]}, '', '\u20ac\U0001f600', 2 ** 63,
    ]


async def record(codec):
    """Yield ``(name, custom types, [(from, payload), ...])`` for every scenario."""
    for name, types, run in rpc_scenarios():
        yield 'rpc/' + name, types + ('object',), await _record(_rpc, codec, types, run)
    for name, run in agent_scenarios():
        yield 'agent/' + name, ('Arrow', 'object'), await _record(_agents, codec, (), run)
    yield 'channel', (), await _record(_channel, codec, (), None)


async def _record(play, codec, types, run):
    with tempfile.TemporaryDirectory() as directory:
        relay = _Relay(os.path.join(directory, 'server'), os.path.join(directory, 'relay'))
        await relay.start()
        await play(relay, {'codec': codec, 'extra_serializers': [SERIALIZERS[name] for name in types]}, run)
        await relay.stop()
        return relay.frames


async def _rpc(relay, options, run):
    connections = []
    server = await aiomas.rpc.start_server(relay.target, Server(), connections.append, **options)
    own = CallBack()
    client = await aiomas.rpc.open_connection(relay.path, rpc_service=own, **options)
    await run(Peers(client.remote, own))
    await client.close()
    server.close()
    await close_connections(connections)


async def _agents(relay, options, run):
    server = await aiomas.Container.create(relay.target, codec=options['codec'], as_coro=True)
    ServerAgent(server)
    client = await aiomas.Container.create(relay.target + '.client', codec=options['codec'], as_coro=True)
    own = CallBackAgent(client)
    await run(Peers(await client.connect('ipc://[%s]/0' % relay.path), own))
    await close_container(client)
    await close_container(server)


async def _channel(relay, options, _run):
    async def answer(channel):
        try:
            while True:
                request = await channel.recv()
                if request.content == 'fail':
                    await request.fail(ValueError('as you wish'))
                else:
                    await request.reply(request.content)
        except ConnectionError:
            await channel.close()

    server = await aiomas.channel.start_server(relay.target, answer, **options)
    channel = await aiomas.channel.open_connection(relay.path, **options)
    for content in channel_contents():
        await channel.send(content)
    try:
        await channel.send('fail')
    except aiomas.RemoteException:
        pass
    await channel.close()
    server.close()


class _Relay:
    """Passes on what is sent between *path* and *target*, and keeps the frames."""

    def __init__(self, target, path):
        self.target = target
        self.path = path
        self.frames = []
        self._server = None
        self._pumps = []

    async def start(self):
        self._server = await asyncio.start_unix_server(self._connected, self.path)

    async def stop(self):
        self._server.close()
        await asyncio.gather(*self._pumps)

    async def _connected(self, reader, writer):
        target_reader, target_writer = await asyncio.open_unix_connection(self.target)
        self._pumps += [
            asyncio.ensure_future(self._pump('client', reader, target_writer)),
            asyncio.ensure_future(self._pump('server', target_reader, writer)),
        ]

    async def _pump(self, sender, reader, writer):
        try:
            while True:
                header = await reader.readexactly(4)
                payload = await reader.readexactly(struct.unpack('>I', header)[0])
                self.frames.append((sender, payload))
                writer.write(header + payload)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
