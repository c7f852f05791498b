"""Connections of all kinds, with the package at both ends."""

import asyncio
import contextvars
import os
import ssl
import subprocess

import aiomas
import pytest

var = contextvars.ContextVar('var', default='unset')


class Service:
    router = aiomas.rpc.Service()

    def __init__(self):
        self.tasks = []

    @aiomas.expose
    def echo(self, value):
        return value

    @aiomas.expose
    async def later(self, value):
        await asyncio.sleep(0)
        return value

    @aiomas.expose
    async def call(self, other, value):
        return await other.echo(value)

    @aiomas.expose
    def set(self, value):
        before = var.get()
        var.set(value)
        return before

    @aiomas.expose
    async def set_later(self, value):
        before = var.get()
        var.set(value)
        await asyncio.sleep(0)
        assert var.get() == value
        return before

    @aiomas.expose
    def task(self):
        self.tasks.append(asyncio.current_task())
        return None

    @aiomas.expose
    async def task_later(self):
        self.tasks.append(asyncio.current_task())


class Pair:
    """A server, and a client that serves as well."""

    def __init__(self, address=('127.0.0.1', 0), codec=None, ssl=(None, None), **kwds):
        self.address, self.kwds, self.ssl = address, dict(kwds, codec=codec), ssl
        self.service, self.own, self.accepted = Service(), Service(), []

    async def __aenter__(self):
        tls = [{'ssl': s} if s else {} for s in self.ssl]
        self.server = await aiomas.rpc.start_server(self.address, self.service, self.accepted.append, **self.kwds, **tls[0])
        address = self.address
        if isinstance(address, tuple):
            address = self.server.sockets[0].getsockname()[:2]
        if tls[1]:
            tls[1]['server_hostname'] = 'localhost'
        self.client = await aiomas.rpc.open_connection(address, rpc_service=self.own, **self.kwds, **tls[1])
        self.remote = self.client.remote
        await self.remote.echo(0)  # from now on it is in the list of the server
        return self

    async def __aexit__(self, *exc):
        await self.client.close()
        await asyncio.gather(*[c.service for c in self.accepted], return_exceptions=True)
        self.server.close()

    def ends(self):
        return [self.client.channel, self.accepted[0].channel]

    def fast(self):
        return [channel._fast is not None and channel._fast.service is not None for channel in self.ends()]


VALUES = [None, True, -1, 2 ** 40, 1.5, '', 'text', '\xe9\u20ac\U0001f600', 'x' * 70000, 'y' * (1 << 20), {'a': {'b': 1}},
          {'__type': 'no'}, {'a\\u005f': 'b'}, -1.5, 255, 'a_b', list(range(1000)), ['x' * 5000] * 30]


async def exchange(pair):
    async def check(value):
        assert plain(await pair.remote.echo(value)) == value
        assert plain(await pair.remote.later([value])) == [value]

    assert await asyncio.gather(*[pair.remote.echo(i) for i in range(300)]) == list(range(300))
    assert await asyncio.gather(*[pair.remote.later(i) for i in range(300)]) == list(range(300))
    for value in VALUES:
        await check(value)
    await asyncio.gather(*map(check, VALUES))
    assert await asyncio.gather(*[pair.remote.call(pair.own, i) for i in range(50)]) == list(range(50))
    with pytest.raises(aiomas.RemoteException, match='is not exposed|not found'):
        await pair.remote.nothing()


def plain(value):
    """Return *value* with lists for tuples."""
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return {k: plain(v) for k, v in value.items()} if isinstance(value, dict) else value


def test_tcp(run, codec):
    async def main():
        async with Pair(codec=codec) as pair:
            assert pair.fast() == [True, True]
            await exchange(pair)
    run(main())


def test_unix(run, tmp_path):
    async def main():
        async with Pair(str(tmp_path / 's')) as pair:
            assert pair.fast() == [True, True]
            await exchange(pair)
    run(main())


def test_tls(run, tmp_path):
    files = make_certificate(tmp_path)

    async def main():
        contexts = aiomas.make_ssl_server_context(*files), aiomas.make_ssl_client_context(*files)
        async with Pair(ssl=contexts) as pair:
            assert pair.fast() == [True, True]
            assert pair.client.channel.get_extra_info('cipher')
            await exchange(pair)
    run(main())


def make_certificate(directory):
    cert, key = str(directory / 'cert.pem'), str(directory / 'key.pem')
    try:
        subprocess.run(
            ['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=localhost', '-addext',
             'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert], check=True, stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        pytest.skip('there is no openssl to make a certificate with')
    assert os.path.exists(cert) and ssl.HAS_TLSv1_2
    return cert, cert, key


def test_local_queues_stay_as_they_are(run):
    pytest.importorskip('aiomas_compat')  # without, they fail on Python 3.10

    async def main():
        async with Pair(aiomas.get_queue('fast'), loop=asyncio.get_running_loop()) as pair:
            assert [channel._fast for channel in pair.ends()] == [None, None]
            await exchange(pair)
    aiomas.local_queue.clear_queue_cache()
    run(main())


def test_each_request_has_a_context(run):
    async def main():
        var.set('of the connection')
        async with Pair() as pair:
            var.set('later')
            for name in ('set', 'set_later'):
                calls = [getattr(pair.remote, name)(i) for i in range(5)]
                assert await asyncio.gather(*calls) == ['of the connection'] * 5
            assert var.get() == 'later'
    run(main())


def test_there_is_a_current_task(run):
    async def main():
        async with Pair() as pair:
            await asyncio.gather(*[pair.remote.task() for _ in range(3)])
            assert set(pair.service.tasks) == {pair.accepted[0].service}
            pair.service.tasks.clear()
            await asyncio.gather(*[pair.remote.task_later() for _ in range(3)])
            assert len(set(pair.service.tasks)) == 3 and pair.accepted[0].service not in pair.service.tasks
    run(main())


def test_custom_types(run, codec):
    def serializer():
        return complex, lambda z: [z.real, z.imag], lambda parts: complex(*parts)

    async def main():
        async with Pair(codec=codec, extra_serializers=[serializer]) as pair:
            assert plain(await pair.remote.echo([1 + 2j, {'a': 3j}])) == [1 + 2j, {'a': 3j}]
            with pytest.raises(aiomas.exceptions.SerializationError, match='Could not serialize object "[{]1[}]"'):
                await pair.remote.echo({1})
            assert await pair.remote.echo(3j) == 3j
    run(main())


def test_serializer_that_encodes_and_sends(run, codec):
    async def main():
        async with Pair(codec=codec) as pair:
            sent = []

            def serialize(value):
                sent.append(pair.remote.echo('of the serializer'))
                return codec().encode([1, 'x']).decode('latin-1')

            for channel in pair.ends():
                channel.codec.add_serializer(set, serialize, lambda text: 'read')
            assert await pair.remote.echo({1}) == 'read'
            assert await asyncio.gather(*sent) == ['of the serializer'] * len(sent)
            assert await pair.remote.echo('last') == 'last'
    run(main())


def test_writes_no_more_than_the_transport_takes(run):
    # A peer that does not read stops the writing, as it does without the package.
    async def main():
        accepted, text = asyncio.Event(), 'x' * 10000

        async def accept(reader, writer):
            accept.writer, accept.reader = writer, reader
            accepted.set()

        server = await asyncio.start_server(accept, '127.0.0.1', 0, limit=1 << 26)
        client = await aiomas.rpc.open_connection(server.sockets[0].getsockname()[:2])
        await accepted.wait()
        accept.reader._transport.pause_reading()
        protocol, transport = client.channel._protocol, client.channel.transport
        waiting = [client.remote.echo(text) for _ in range(3000)]
        while not protocol._paused:
            await asyncio.sleep(0)
        for _ in range(20):
            await asyncio.sleep(0)
        assert transport.get_write_buffer_size() < (1 << 18) and protocol._fast.out
        accept.reader._transport.resume_reading()
        for i in range(3000):
            size = int.from_bytes(await accept.reader.readexactly(4), 'big')
            message = aiomas.JSON().decode(await accept.reader.readexactly(size))
            assert message == [0, i, ['echo', [text], {}]]
        accept.writer.close()
        assert {type(e) for e in await asyncio.gather(*waiting, return_exceptions=True)} <= {ConnectionResetError}
        await client.close()
        server.close()
    run(main())


def test_who_replies_waits_for_room(run):
    # Request.reply() of a channel returns when the transport has room, not before.
    async def main():
        requests, replies = 0, []

        async def serve(channel):
            nonlocal requests
            try:
                while True:
                    request = await channel.recv()
                    requests += 1
                    await request.reply('x' * 100000)
                    replies.append(channel._protocol._paused)
            except ConnectionError:
                pass

        server = await aiomas.channel.start_server(('127.0.0.1', 0), serve)
        channel = await aiomas.channel.open_connection(server.sockets[0].getsockname()[:2])
        channel.transport.pause_reading()
        sent = [channel.send(i) for i in range(200)]
        while not requests > len(replies) + 0 or requests < 2:
            await asyncio.sleep(0)
        for _ in range(50):
            await asyncio.sleep(0)
        assert len(replies) < 200
        channel.transport.resume_reading()
        assert [len(r) for r in await asyncio.gather(*sent)] == [100000] * 200
        await channel.close()
        server.close()
    run(main())


def test_interrupted_functions_lose_nothing(run):
    async def main(pair, calls):
        async with pair:
            calls += [pair.remote.echo(1), pair.remote.interrupt(), pair.remote.echo(2)]
            return await asyncio.wait_for(asyncio.gather(calls[0], calls[2]), 60)

    class Interrupts(Service):
        router = aiomas.rpc.Service()

        @aiomas.expose
        def interrupt(self):
            raise KeyboardInterrupt

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        pair = Pair()
        pair.service = Interrupts()
        task = loop.create_task(main(pair, []))
        with pytest.raises(KeyboardInterrupt):
            loop.run_until_complete(task)
        assert loop.run_until_complete(task) == [1, 2]
    finally:
        asyncio.set_event_loop(None)
        loop.close()
