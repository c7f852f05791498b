"""A client on real aiomas that gives up on a call, as asyncio.wait_for makes it easy to.

    impatient.py --connect ADDRESS [--codec NAME] [--patience SECONDS]

The peer offers ``slow()``, which takes longer than we wait, ``gave_up()``, which we call
then and which makes it return, ``neighbour()``, a call that is under way at that time and
ends with ``finish()``, and ``add(a, b)``.  One line of JSON says what became of each: its
result or the name of the exception.
"""

import argparse
import asyncio
import json
import sys

import aiomas

from common import CODECS, add_connection_options, parse_address


async def outcome(coroutine):
    try:
        return await coroutine
    except (Exception, asyncio.CancelledError) as exc:
        return type(exc).__name__


async def main():
    parser = argparse.ArgumentParser(description='A client that gives up on a call.')
    parser.add_argument('--connect', required=True, metavar='ADDRESS')
    parser.add_argument('--patience', type=float, default=0.3, metavar='SECONDS')
    add_connection_options(parser)
    options = parser.parse_args()

    said = {}
    client = await aiomas.rpc.open_connection(parse_address(options.connect)[0], codec=CODECS[options.codec])
    remote = client.remote
    said['slow'] = await outcome(asyncio.wait_for(remote.slow(), options.patience))
    neighbour = asyncio.ensure_future(outcome(asyncio.wait_for(remote.neighbour(), 60)))
    for name, arguments in [('gave_up', ()), ('finish', ()), ('add', (1, 2))]:
        said[name] = await outcome(call(remote, name, arguments))
    said['neighbour'] = await neighbour
    await outcome(client.close())
    print(json.dumps(said))


async def call(remote, name, arguments):
    # Some calls on a dead connection raise before there is anything to await.
    return await getattr(remote, name)(*arguments)


if __name__ == '__main__':
    sys.exit(asyncio.run(main()))
