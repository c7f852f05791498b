"""A container on real aiomas with the caller or the callee of its agent guide.  The other one may live in
examples/agents, a Go program.

    python interop/python/demo_agents.py --listen tcp://127.0.0.1:5555     # a callee: tcp://127.0.0.1:5555/0
    go run ./examples/agents --call tcp://127.0.0.1:5555/0                 # a caller
"""

import argparse
import asyncio
import signal
import socket

import aiomas

from common import CODECS, close_container, parse_address


class Callee(aiomas.Agent):
    @aiomas.expose
    def spam(self, times):
        print(self, 'is asked for spam')
        return 'spam' * times


class Caller(aiomas.Agent):
    async def run(self, callee_addr):
        print(self, 'connecting to', callee_addr)
        callee = await self.container.connect(callee_addr)
        print(self, 'connected to', callee)
        print(self, 'got', await callee.spam(3))


def free_port():
    """Return a port for a container, which must know its own beforehand."""
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        return free.getsockname()[1]


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--listen', default='tcp://127.0.0.1:0', help='port 0 is any free one')
    parser.add_argument('--call', metavar='ADDRESS', help='call the callee there instead of being one')
    parser.add_argument('--codec', choices=['json', 'msgpack'], default='json')
    args = parser.parse_args()

    (host, port), _ = parse_address(args.listen)
    container = await aiomas.Container.create((host, port or free_port()), codec=CODECS[args.codec], as_coro=True)
    try:
        if args.call:
            await Caller(container).run(args.call)
        else:
            stop = asyncio.Event()
            for number in signal.SIGINT, signal.SIGTERM:
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
            print('ready', Callee(container).addr, flush=True)
            await stop.wait()
    finally:
        await close_container(container)


if __name__ == '__main__':
    asyncio.run(main())
