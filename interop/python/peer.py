"""The conformance peer on real aiomas.

    peer.py --listen tcp://127.0.0.1:0 [--codec NAME] [--compat] [--tls-ca F --tls-cert F --tls-key F [--tls-version 1.3]] [--agent]

Once it accepts connections it prints ``ready ADDRESS`` on stdout, and nothing else
there.  SIGTERM and SIGINT end it with exit code 0.
"""

import argparse
import asyncio
import builtins
import os
import signal
import sys

import aiomas

from common import (
    CODECS, add_connection_options, close_connections, close_container, format_address, parse_address,
    read_traceback, ssl_contexts)


class Deep:
    """The functions of the dict-like service ``sub/deep``."""

    def __init__(self):
        self.service = aiomas.rpc.ServiceDict({'name': self.name})

    @aiomas.expose
    def name(self):
        return self.service.router.path


class Sub:
    """The class-like service ``sub``."""

    router = aiomas.rpc.Service(['deep'])

    def __init__(self):
        self.deep = Deep().service

    @aiomas.expose
    def name(self):
        return self.router.path


class Conformance:
    """The functions that each peer offers; see the conformance page for what they do."""

    @aiomas.expose
    def add(self, a, b=0):
        return a + b

    @aiomas.expose
    def echo(self, *args, **kwargs):
        return [args, kwargs]

    @aiomas.expose
    def identity(self, x):
        return x

    @aiomas.expose
    def typename(self, x):
        return type(x).__name__

    @aiomas.expose
    async def sleep(self, seconds, result=None):
        await asyncio.sleep(seconds)
        return result

    @aiomas.expose
    def fail(self, type, message):
        raise exception_class(type)(message)

    @aiomas.expose
    def unserializable(self):
        return object()

    def private(self):
        return 'not exposed'

    @aiomas.expose
    def get_sub(self):
        return self.sub

    @aiomas.expose
    async def call_back(self, proxy, n):
        return await asyncio.gather(*[proxy.notify(i) for i in range(n)])

    @aiomas.expose
    async def call_back_fail(self, proxy):
        try:
            return await proxy.explode()
        except aiomas.RemoteException as exc:
            return list(read_traceback(exc.remote_traceback))

    @aiomas.expose
    def payload(self, n):
        return 'x' * n

    @aiomas.expose
    def peers(self):
        return self.count_connections()


class Peer(Conformance):
    """The service as the root of plain RPC connections."""

    router = aiomas.rpc.Service(['sub'])

    def __init__(self):
        self.sub = Sub()
        self.connections = set()

    def connected(self, connection):
        self.connections.add(connection)
        connection.service.add_done_callback(lambda _: self.connections.discard(connection))

    def count_connections(self):
        return len(self.connections)


class PeerAgent(aiomas.Agent, Conformance):
    """The service as an agent."""

    router = aiomas.rpc.Service(['sub'])

    def __init__(self, container):
        self.sub = Sub()
        super().__init__(container)

    def count_connections(self):
        return sum(not connection.service.done() for connection in self.container._rpc_cons)


def exception_class(name):
    """Return the built-in exception called *name*, or a new one of that name."""
    cls = getattr(builtins, name, None)
    if isinstance(cls, type) and issubclass(cls, Exception):
        return cls
    return type(name, (Exception,), {'__module__': '__main__'})


async def serve_rpc(addr, args, stop):
    peer = Peer()
    contexts = ssl_contexts(args)
    options = {'ssl': contexts[0]} if contexts else {}
    server = await aiomas.rpc.start_server(
        addr, peer, peer.connected, codec=CODECS[args.codec], backlog=1024, **options)
    if isinstance(addr, tuple):
        addr = (addr[0], server.sockets[0].getsockname()[1])
    ready(format_address(addr))
    await stop.wait()

    server.close()
    await close_connections(peer.connections)


async def serve_agent(addr, args, stop):
    container = await aiomas.Container.create(addr, codec=CODECS[args.codec], ssl=ssl_contexts(args), as_coro=True)
    if isinstance(addr, tuple) and addr[1] == 0:
        # The container believes in the port that it was given.
        port = container._tcp_server.sockets[0].getsockname()[1]
        container._base_url = container._base_url.replace(':0/', ':%d/' % port)
    agent = PeerAgent(container)
    ready(agent.addr)
    await stop.wait()
    await close_container(container)


def ready(address):
    print('ready', address, flush=True)


async def main():
    parser = argparse.ArgumentParser(description='The conformance peer on real aiomas.')
    parser.add_argument('--listen', required=True, metavar='ADDRESS', help='tcp://host:port or unix:///path')
    parser.add_argument('--agent', action='store_true', help='offer the service as agent 0 of a container')
    add_connection_options(parser)
    args = parser.parse_args()

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    addr, _ = parse_address(args.listen)
    try:
        await (serve_agent if args.agent else serve_rpc)(addr, args, stop)
    finally:
        if isinstance(addr, str) and os.path.exists(addr):
            os.unlink(addr)


if __name__ == '__main__':
    sys.exit(asyncio.run(main()))
