"""A Python service with real aiomas, to be called by examples/client, a Go program.

    python interop/python/demo_service.py     # this one, until Ctrl-C
    go run ./examples/client                  # calls it; so does: python interop/python/demo_client.py
"""

import argparse
import asyncio
import signal
from urllib.parse import urlsplit

import aiomas


class Service:
    router = aiomas.rpc.Service()

    @aiomas.expose
    def add(self, a, b=0):
        print('add(%r, %r) is called' % (a, b))
        return a + b

    @aiomas.expose
    def fail(self, message):
        print('fail() raises a ValueError')
        raise ValueError(message)

    @aiomas.expose
    async def visit(self, guest):
        # The guest is a service of the Go program: call it back.
        name = await guest.get_name()
        print('visit() called its guest back: its name is', name)
        return 'Python says hello to ' + name


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--listen', default='tcp://127.0.0.1:5555')
    parser.add_argument('--codec', choices=['json', 'msgpack'], default='json')
    args = parser.parse_args()

    stop = asyncio.Event()
    for number in signal.SIGINT, signal.SIGTERM:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    address = urlsplit(args.listen)
    codec = aiomas.MsgPack if args.codec == 'msgpack' else aiomas.JSON
    clients = []
    server = await aiomas.rpc.start_server(
        (address.hostname, address.port), Service(), clients.append, codec=codec)
    print('ready tcp://%s:%d' % server.sockets[0].getsockname()[:2], flush=True)
    await stop.wait()
    server.close()
    await asyncio.gather(*[client.close() for client in clients], return_exceptions=True)


if __name__ == '__main__':
    asyncio.run(main())
