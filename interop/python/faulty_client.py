"""A client on real aiomas whose connections go wrong.

    faulty_client.py [--codec NAME]

It reads lines of JSON from stdin,

    {"id": 7, "connect": "tcp://127.0.0.1:40123", "timeout": 5, "rounds": 1}

for each of which it opens a connection, makes a mixture of calls of the conformance
service on it, all at once and that *rounds* times, and prints how they ended:

    {"id": 7, "outcomes": {"ok": 12, "lost": 3}, "notes": ["..."]}

ok      the right result
wrong   another result
remote  the peer raised
lost    the connection ended (ConnectionError)
timeout nothing for *timeout* seconds
else    any other exception; the notes tell

Lines are worked on concurrently.  It ends when stdin does.
"""

import argparse
import asyncio
import collections
import json
import sys

import aiomas

from callbacks import CallBack
from common import CODECS, parse_address


def mixture(remote, own, sequence):
    """Return calls and their results."""
    nested = {'a': sequence([1, 2.5, None, True]), 'ü': 'é☃😀' * 20}
    text = 'x' * 70000
    calls = [(remote.add(i, i + 1), 2 * i + 1) for i in range(4)]
    return calls + [
        (remote.identity(nested), nested),
        (remote.identity(text), text),
        (remote.add('a', b='b'), 'ab'),
        (remote.call_back(own, 5), sequence([0, 2, 4, 6, 8])),
        (remote.sleep(0.005, 'late'), 'late'),
        (remote.payload(30000), 'x' * 30000),
    ]


def outcome(exc, notes):
    """Return how a call ended that raised *exc*."""
    if isinstance(exc, asyncio.TimeoutError):
        return 'timeout'
    # aiomas ends a connection when the reply to a cancelled call comes.
    if isinstance(exc, ConnectionError) or str(exc) == 'Request was cancelled.':
        return 'lost'
    if isinstance(exc, aiomas.RemoteException):
        notes.append(exc.remote_traceback[-200:])
        return 'remote'
    notes.append(repr(exc)[:200])
    return 'else'


async def ended(call, want, timeout, notes):
    """Return how *call* ends."""
    try:
        got = await asyncio.wait_for(call, timeout)
    except Exception as exc:
        return outcome(exc, notes)
    if got == want:
        return 'ok'
    notes.append('%.80r is not %.80r' % (got, want))
    return 'wrong'


async def run(command, codec):
    """Work on one line."""
    addr, _ = parse_address(command['connect'])
    own = CallBack()
    outcomes, notes = collections.Counter(), []
    sequence = list if codec == 'json' else tuple
    client = transport = None
    try:
        client = await aiomas.rpc.open_connection(addr, rpc_service=own, codec=CODECS[codec], timeout=5)
        transport = client.channel.transport
        for _ in range(command.get('rounds', 1)):
            calls = mixture(client.remote, own, sequence)
            ends = [ended(call, want, command['timeout'], notes) for call, want in calls]
            outcomes.update(await asyncio.gather(*ends))
    except Exception as exc:
        outcomes[outcome(exc, notes)] += 1
    finally:
        if client is not None:
            try:
                await asyncio.wait_for(client.close(), 2)
            except Exception:
                pass  # it is gone already, or stuck; either way not what is looked at here
            if transport is not None:
                transport.abort()
    print(json.dumps({'id': command['id'], 'outcomes': outcomes, 'notes': notes}), flush=True)


async def main():
    parser = argparse.ArgumentParser(description='A client whose connections go wrong.')
    parser.add_argument('--codec', choices=CODECS, default='json')
    codec = parser.parse_args().codec
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: None)  # broken connections are the purpose
    running = set()
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line:
            break
        task = asyncio.ensure_future(run(json.loads(line), codec))
        running.add(task)
        task.add_done_callback(running.discard)
    await asyncio.gather(*running)


if __name__ == '__main__':
    asyncio.run(main())
