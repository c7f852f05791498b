"""A peer on real aiomas with a codec of its own, a subclass of aiomas.codecs.Codec on cbor2.

    cbor_peer.py

It prints ``ready ADDRESS`` on stdout once it accepts connections.  SIGTERM ends it.
"""

import asyncio
import signal

import aiomas
import cbor2

from common import format_address


class CBOR(aiomas.codecs.Codec):
    """A codec that uses CBOR, as JSON uses JSON."""

    def encode(self, data):
        return cbor2.dumps(data, default=lambda encoder, value: encoder.encode(self.serialize_obj(value)))

    def decode(self, data):
        return cbor2.loads(data, object_hook=lambda decoder, value: self.deserialize_obj(value))


@aiomas.serializable
class Point:
    """A custom type, its twin is a Go struct."""

    def __init__(self, x, y):
        self.x = x
        self.y = y


SERIALIZERS = [Point.__serializer__, lambda: (complex, lambda c: [c.real, c.imag], lambda d: complex(*d))]


class Service:
    """What Go calls."""

    router = aiomas.rpc.Service()

    @aiomas.expose
    def identity(self, value):
        return value

    @aiomas.expose
    def typename(self, value):
        return type(value).__name__

    @aiomas.expose
    def mirror(self, point, *, factor=1):
        return Point(point.y * factor, point.x * factor)

    @aiomas.expose
    def conjugate(self, number):
        return number.conjugate()

    @aiomas.expose
    def samples(self):
        return [
            None, True, -1, 2 ** 63, -2 ** 70, 2 ** 70, 1.0, 0.1, 'é☃😀', b'\x00\xff', (1, [2]),
            {'z': 1, 'a': {1: 'x', (1, 2): b'k'}}, Point(1, [complex(1, 2)])]

    @aiomas.expose
    def fail(self, message):
        raise ValueError(message)

    @aiomas.expose
    async def ask(self, service, value):
        return [await service.double(value), await service.double(value=Point(value, 1))]

    @aiomas.expose
    async def dial(self, host, port):
        """Call a server of the other side, and let it call this service."""
        client = await aiomas.rpc.open_connection((host, port), rpc_service=self, codec=CBOR, extra_serializers=SERIALIZERS)
        try:
            results = [await client.remote.double(21), await client.remote.double(Point(1.5, 2)), await client.remote.ask(self)]
            try:
                await client.remote.double('x')
            except aiomas.RemoteException as exc:
                results.append(str(exc).strip().splitlines()[-1])
            return results
        finally:
            await client.close()


async def main():
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    server = await aiomas.rpc.start_server(('127.0.0.1', 0), Service(), codec=CBOR, extra_serializers=SERIALIZERS)
    print('ready', format_address(server.sockets[0].getsockname()), flush=True)
    await ended.wait()
    server.close()


asyncio.run(main())
