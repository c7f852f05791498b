"""A client on real aiomas that tries every row of the conformance service against a peer.

    client.py --connect ADDRESS [--codec NAME] [--compat] [--tls-ca F --tls-cert F --tls-key F [--tls-version 1.3]]
              [--rows all|name,name] [--flight N] [--random N --seed S]
    client.py --connect ADDRESS [...] --script -

ADDRESS is what the peer said that it is ready at: tcp://host:port, unix:///path, or that of
an agent, tcp://host:port/0 or ipc://[path]/0, which is called from an agent of our own.

It prints one line of JSON for each check,

    {"row": "add", "check": "add(1, 2)", "ok": true, "got": ..., "want": ...}

and {"summary": {...}} at the end.  The exit code is 1 if a check failed.  Values are in the
tagged form (see tagged.py); what is very long is cut to {"t": "long", "len": ..., "start": ...},
an exception is {"error": {"type": ..., "message": ..., "remote": true}}.

With --script it runs the calls that it reads from stdin, one line of JSON each,

    {"call": "sub/name", "args": [tagged, ...], "kwargs": {"name": tagged}, "id": anything}

and answers each with a line, in the order in which they finish:

    {"id": anything, "result": tagged}
    {"id": anything, "error": {"type": "ValueError", "message": "42", "remote": true, "traceback": "..."}}

{"t": "service"} as an argument is our own service, which the peer can call back: notify(i)
returns i * 2, explode() raises ValueError("boom").  It ends when stdin does.
"""

import argparse
import asyncio
import json
import platform
import sys
import tempfile

import aiomas

from callbacks import CallBack, CallBackAgent
from checks import ROWS, Approved, LocalError, Raises, RemoteError
from common import CODECS, add_connection_options, close_container, parse_address, read_traceback, ssl_contexts
from golden_after import after
from tagged import build, describe, same

CHECK_TIMEOUT = 60
LONG = 4000


class Call:
    """A call to be made, by calling it and awaiting that; *label* shows it."""

    def __init__(self, remote, path, args, kwargs):
        words = [repr(a) for a in args] + ['%s=%r' % item for item in kwargs.items()]
        label = '%s(%s)' % (path, ', '.join(words))
        self.label = label if len(label) < 200 else label[:200] + '...'
        self.remote, self.path, self.args, self.kwargs = remote, path, args, kwargs

    async def __call__(self):
        function = self.remote
        for name in self.path.split('/'):
            function = getattr(function, name)
        return await function(*self.args, **self.kwargs)


class Connection:
    """A connection to the peer: *remote* is its service, *own* is ours."""

    def __init__(self, options, remote, own, close):
        self.options = options
        self.codec = options.codec
        self.remote = remote
        self.own = own
        self.close = close
        self.sequence = 'list' if self.codec == 'json' else 'tuple'
        self._plain_codec = CODECS[self.codec]()

    def connect(self):
        """Open another connection to the same peer."""
        return connect(self.options)

    def call(self, path, *args, **kwargs):
        """Return a :class:`Call` of the peer's function *path*."""
        return Call(self.remote, path, args, kwargs)

    def received(self, value):
        """Return what becomes of *value* on the way."""
        return build(after(describe(value), self.codec))

    def can_carry(self, value):
        """Tell whether our codec encodes *value*."""
        try:
            self._plain_codec.encode(value)
        except Exception:
            return False
        return True

    def path(self, path):
        """Return *path* as seen from the peer's root service."""
        return '/'.join(part for part in (self.remote._path, path) if part)


async def connect(options):
    """Return a new :class:`Connection`."""
    addr, aid = parse_address(options.connect)
    if aid is not None:
        return await connect_agent(options, addr)
    own = CallBack()
    kwds = {}
    contexts = ssl_contexts(options)
    if contexts:
        kwds['ssl'] = contexts[1]
    client = await aiomas.rpc.open_connection(addr, rpc_service=own, codec=CODECS[options.codec], timeout=5, **kwds)
    return Connection(options, client.remote, own, client.close)


async def connect_agent(options, addr):
    listen = ('127.0.0.1', 0) if isinstance(addr, tuple) else tempfile.mktemp('.sock')
    container = await aiomas.Container.create(listen, codec=CODECS[options.codec], ssl=ssl_contexts(options), as_coro=True)
    own = CallBackAgent(container)
    remote = await container.connect(options.connect, timeout=5)
    return Connection(options, remote, own, lambda: close_container(container))


async def attempt(run):
    """Return the result of *run*, or the exception as one of those of checks.py."""
    try:
        return await asyncio.wait_for(run(), CHECK_TIMEOUT)
    except aiomas.RemoteException as exc:
        error = RemoteError(*read_traceback(exc.remote_traceback))
        error.traceback = exc.remote_traceback
    except Exception as exc:
        error = LocalError(type(exc).__name__, str(exc))
    error.type, error.message = error.args
    return error


def describe_result(result):
    if isinstance(result, (LocalError, RemoteError)):
        error = {'type': result.type, 'message': result.message, 'remote': isinstance(result, RemoteError)}
        return {'error': error}
    if isinstance(result, (Raises, Approved)):
        return result.tagged()
    return describe(result, describe_proxy)


def describe_proxy(value):
    return {'t': 'proxy', 'v': value._path} if isinstance(value, aiomas.rpc.Proxy) else None


def good(got, want):
    if isinstance(want, Raises):
        return isinstance(got, RemoteError) and want.matches(got.type, got.message)
    if isinstance(want, Approved):
        return want.test(got)
    return same(got, want, ordered=False)


def shown(result, ok):
    """What a check says of a value: of a large one only its size, unless something is wrong with it."""
    if ok and isinstance(result, (str, bytes, list, tuple, dict)) and len(result) > LONG:
        return {'t': 'long', 'len': len(result), 'class': type(result).__name__}
    return short(describe_result(result))


def short(tagged):
    text = json.dumps(tagged)
    return tagged if len(text) < LONG else {'t': 'long', 'len': len(text), 'start': text[:200]}


def say(line):
    print(json.dumps(line), flush=True)


async def run_rows(connection, names):
    """Try all checks of the rows and return the number of all and of failed ones."""
    count = failed = 0
    for name in names:
        for check in ROWS[name](connection):
            run, want = check[-2:]
            label = check[0] if len(check) == 3 else run.label
            got = await attempt(run)
            ok = good(got, want)
            count += 1
            failed += not ok
            say({'row': name, 'check': label, 'ok': ok, 'got': shown(got, ok), 'want': shown(want, ok)})
    return count, failed


async def run_script(connection):
    """Run the calls that stdin asks for, each as soon as it is read."""
    loop = asyncio.get_running_loop()
    calls = set()
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line:
            break
        call = asyncio.ensure_future(run_command(connection, json.loads(line)))
        calls.add(call)
        call.add_done_callback(calls.discard)
    await asyncio.gather(*calls)


async def run_command(connection, command):
    def value(tagged):
        if isinstance(tagged, dict) and tagged['t'] == 'service':
            return connection.own
        return build(tagged)
    args = [value(tagged) for tagged in command.get('args', ())]
    kwargs = {name: value(tagged) for name, tagged in command.get('kwargs', {}).items()}
    result = await attempt(connection.call(command['call'], *args, **kwargs))
    answer = {'id': command['id']} if 'id' in command else {}
    described = describe_result(result)
    if isinstance(result, (LocalError, RemoteError)):
        described['error']['traceback'] = getattr(result, 'traceback', None)
        answer.update(described)
    else:
        answer['result'] = described
    say(answer)


async def main():
    parser = argparse.ArgumentParser(description='A client on real aiomas for the conformance peer.')
    parser.add_argument('--connect', required=True, metavar='ADDRESS')
    parser.add_argument('--rows', default='all', help='names, separated by commas: ' + ', '.join(ROWS))
    parser.add_argument('--flight', type=int, default=1000, metavar='N', help='calls at once in the row flight')
    parser.add_argument('--random', type=int, default=100, metavar='N', help='values in the row random_identity')
    parser.add_argument('--seed', type=int, default=1, metavar='S')
    parser.add_argument('--script', choices=['-'], help='run the calls that come on stdin instead')
    add_connection_options(parser)
    options = parser.parse_args()
    names = list(ROWS) if options.rows == 'all' else options.rows.split(',')
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        parser.error('unknown rows: ' + ', '.join(unknown))

    connection = await connect(options)
    try:
        if options.script:
            await run_script(connection)
            return 0
        count, failed = await run_rows(connection, names)
    finally:
        await connection.close()
    say({'summary': {
        'checks': count, 'failed': failed, 'connect': options.connect, 'codec': options.codec,
        'python': platform.python_version()}})
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(asyncio.run(main()))
