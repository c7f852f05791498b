"""Prints the texts of exceptions that a peer gets: ``failures.py plain|fast [--compat]``."""

import asyncio
import sys

if '--compat' in sys.argv:
    import aiomas_compat  # noqa: F401
if 'fast' in sys.argv:
    import aiomas_fast
    assert aiomas_fast.status()[1].fast, aiomas_fast.status()
import aiomas

FUNCTIONS = {}


def function(f):
    FUNCTIONS[f.__name__] = aiomas.expose(f)
    return f


@function
def fails(a=1):
    raise ValueError('x' * a)


@function
async def fails_later():
    await asyncio.sleep(0)
    raise ValueError('later')


@function
def fails_while_failing():
    try:
        {}['key']
    except KeyError:
        raise ValueError('while')


@function
async def fails_because():
    try:
        fails()
    except ValueError as exc:
        raise RuntimeError('because') from exc


@function
def recurses():
    recurses()


@function
def result_is_unknown():
    return Unknown()


@function
async def result_is_unknown_later():
    return [1, {'a': Unknown()}]


@function
def is_too_deep():
    value = []
    for _ in range(10000):
        value = [value]
    return value


@function
def calls_with_unknown():
    client.remote.echo(Unknown())


@function
async def calls_what_fails():
    await client.remote.fails_later()


@function
async def awaits_a_group():
    await asyncio.gather(fails_later(), asyncio.sleep(0))


def not_exposed():
    pass


FUNCTIONS['not_exposed'] = not_exposed


@function
async def cancelled():
    task = asyncio.ensure_future(asyncio.sleep(60))
    task.cancel()
    await task


@function
async def cancels_itself():
    asyncio.current_task().cancel()
    await asyncio.sleep(0)


@function
def cancelled_at_once():
    raise asyncio.CancelledError('why')


class Unknown:
    def __repr__(self):
        return '<unknown>'


async def main():
    global client
    server = await aiomas.rpc.start_server(('127.0.0.1', 0), aiomas.rpc.ServiceDict(FUNCTIONS))
    client = await aiomas.rpc.open_connection(server.sockets[0].getsockname()[:2])
    names = [name for name in FUNCTIONS if '--compat' in sys.argv or not name.startswith('cancel')]
    for name in names + ['unknown', 'fails/further', '', '__class__']:
        await show(name)
    await show('fails', 1, 2, 3)
    await show('fails', 'not a number')
    await client.close()
    server.close()


async def show(name, *args):
    try:
        result = await client.channel.send((name, args, {}))
    except aiomas.RemoteException as exc:
        result = exc.remote_traceback.replace(str(exc.origin[1]), 'PORT')
    print('==', name, args, result)


asyncio.run(main())
