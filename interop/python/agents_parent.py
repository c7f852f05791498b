"""A program on real aiomas that starts another process with a container, as the documentation of aiomas.subproc shows.

    agents_parent.py [--codec NAME] [--hold] -- COMMAND...

COMMAND is started with one more argument, the address that its container shall listen on,
tcp://127.0.0.1:PORT.  It is expected to have an external clock that begins at 0, agents called
demo:Callee and demo:Trader, and the method spawn_n of managers in Go.  What it did is printed as
one JSON object:

    {"manager": "ManagerProxy('tcp://...')", "spam": ..., "trader": ..., "unknown": [...],
     "spawned": [...], "described": [...], "late": [...], "exit": 0}

With --hold it prints ``ready URL``, the URL of an agent that was spawned, and waits to be killed.
"""

import argparse
import asyncio
import json
import socket
import subprocess
import sys

import aiomas

from common import CODECS, close_container, read_traceback


async def failure(call):
    """Return type and message of the remote exception that *call* raises."""
    try:
        await call
    except aiomas.RemoteException as exc:
        return list(read_traceback(exc.remote_traceback))
    return None


async def main():
    parser = argparse.ArgumentParser(description='Start a container in another process.')
    parser.add_argument('--codec', choices=CODECS, default='json')
    parser.add_argument('--hold', action='store_true')
    parser.add_argument('command', nargs='+')
    args = parser.parse_args()

    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    child = subprocess.Popen(args.command + ['tcp://127.0.0.1:%d' % port])
    container = await aiomas.Container.create(('127.0.0.1', 0), codec=CODECS[args.codec], as_coro=True)
    try:
        manager = await container.connect('tcp://127.0.0.1:%d/0' % port, timeout=30)
        callee, url = await manager.spawn('demo:Callee')
        if args.hold:
            print('ready', url, flush=True)
            await asyncio.Event().wait()
        report = {'manager': str(manager), 'spam': await callee.spam(3)}
        trader, url = await manager.spawn('demo:Trader', 'Ann', cash=2.5)
        by_address = await container.connect(url)
        report['trader'] = [await trader.describe(), await by_address.describe(), str(by_address)]
        report['unknown'] = await failure(manager.spawn('demo:Tailor'))
        items = [['demo:Trader', ['trader %d' % i, i / 2]] for i in range(5)]
        items[1] = ['demo:Trader', [], {'name': 'trader 1', 'cash': 0.5}, 'treasurer']
        items[3] = ['demo:Tailor']
        report['spawned'] = await manager.spawn_n(items)
        report['described'] = []
        for url, _ in report['spawned']:
            if url is not None:
                report['described'].append(await (await container.connect(url)).describe())
        await manager.set_time(1)
        report['late'] = await failure(manager.set_time(1))
        await manager.stop()
        report['exit'] = await asyncio.get_running_loop().run_in_executor(None, child.wait, 30)
        print(json.dumps(report), flush=True)
    finally:
        await close_container(container)


if __name__ == '__main__':
    sys.exit(asyncio.run(main()))
