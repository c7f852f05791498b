"""The rows of the conformance page as checks, each tried against a peer.

A row is a generator of ``(label, coroutine function, what must come out of it)``; a
call from ``c.call()`` is one with a label of its own.  What must come out is a value,
:class:`Raises` or :class:`Approved`.
"""

import asyncio
import random

import aiomas

import golden_values
from golden_after import after
from random_values import random_value
from tagged import build, describe

ROWS = {}

# Deeper values are for the limits of codecs, not for calls, whose envelope needs depth too.
_DEEP = ('nest/list/500', 'nest/tuple/500')


class Raises:
    """An exception of that type; remote ones as the traceback says.  *message* is
    the whole text, or several that are all right; *ends* how it ends."""

    def __init__(self, type=None, message=None, ends=''):
        self.type = type
        self.messages = (message,) if isinstance(message, str) else message
        self.ends = ends

    def matches(self, type, message):
        return (self.type in (None, type)
                and (self.messages is None or message in self.messages)
                and message.endswith(self.ends))

    def tagged(self):
        return {'error': {'type': self.type, 'message': self.messages and self.messages[0], 'ends': self.ends}}


class Approved:
    """Any value for which *test* holds."""

    def __init__(self, words, test):
        self.words = words
        self.test = test

    def tagged(self):
        return {'t': 'other', 'class': self.words}


def row(function):
    ROWS[function.__name__] = function
    return function


@row
def add(c):
    yield c.call('add', 1, 2), 3
    yield c.call('add', 1, b=2), 3
    yield c.call('add', a=1, b=2), 3
    yield c.call('add', 5), 5
    yield c.call('add', -5, 3), -2
    yield c.call('add', 2 ** 62, 2 ** 62), 2 ** 63
    yield c.call('add', 2 ** 63, 2 ** 63 - 1), 2 ** 64 - 1
    yield c.call('add', -2 ** 62, -2 ** 62), -2 ** 63
    yield c.call('add', 1.5, 2.0), 3.5
    yield c.call('add', 0.5, 0.5), 1.0
    yield c.call('add', 1, 0.5), 1.5
    yield c.call('add', 0.1, 0.2), 0.1 + 0.2
    yield c.call('add', 1e16, 1.0), 1e16
    yield c.call('add', 'a', 'b'), 'ab'
    yield c.call('add', '', b='\u20ac\U0001f600'), '\u20ac\U0001f600'
    if c.codec == 'json':
        yield c.call('add', 2 ** 64, 1), 2 ** 64 + 1
        yield c.call('add', -10 ** 400, 1), 1 - 10 ** 400
    else:
        # The sum is too big for MessagePack: an error, and the connection lives.
        yield c.call('add', 2 ** 63, 2 ** 63), Raises()
        yield c.call('add', 1, 1), 2


@row
def echo(c):
    for args, kwargs in [
        ((), {}), ((1,), {}), ((1, 'x', None, True, 2.5), {}), ((), {'a': 1}), ((1, [2, [3]]), {'b': {'c': []}, 'a': ''}),
        ((), {'self_': 1, 'args': 2, 'kwargs': 3, '\u00e9': 4}), (tuple(range(100)), {'k%d' % i: i for i in range(100)}),
    ]:
        yield c.call('echo', *args, **kwargs), c.received([args, kwargs])


@row
def identity(c):
    for name, tagged, types in golden_values.cases():
        if types or name in _DEEP or name.startswith('other/'):
            continue
        received = after(tagged, c.codec)
        if c.can_carry(build(tagged)):
            yield name, c.call('identity', build(tagged)), build(received)


@row
def refused(c):
    for name, tagged, types in golden_values.cases():
        if types or name in _DEEP:
            continue
        value = build(tagged, lambda cls, data: {1} if cls == 'set' else object())
        if not c.can_carry(value):
            yield name, c.call('identity', value), Approved('a refusal on our side', lambda got: isinstance(got, LocalError))
    yield c.call('add', 1, 1), 2


@row
def typename(c):
    for value, word in [
        (None, 'NoneType'), (True, 'bool'), (False, 'bool'), (0, 'int'), (-1, 'int'), (2 ** 63 - 1, 'int'), (2 ** 64 - 1, 'int'),
        (0.0, 'float'), (1.0, 'float'), (float('inf'), 'float'), (1e300, 'float'), ('', 'str'), ('x', 'str'),
        ({}, 'dict'), ({'a': 1}, 'dict'), ([], c.sequence), ((), c.sequence), ([1], c.sequence),
    ]:
        yield c.call('typename', value), word
    if c.codec == 'json':
        yield c.call('typename', 2 ** 100), 'int'
    else:
        yield c.call('typename', b''), 'bytes'
        yield c.call('typename', {1: 2}), 'dict'
        yield c.call('typename', {(1, 2): b'x'}), 'dict'
    yield 'typename(our service)', c.call('typename', c.own), 'Proxy'


@row
def sleep(c):
    yield c.call('sleep', 0), None
    yield c.call('sleep', 0.01, 'x'), 'x'
    yield c.call('sleep', seconds=0.01, result=[1, 2.0]), c.received([1, 2.0])

    async def overtaken():
        slow = asyncio.ensure_future(c.remote.sleep(0.5, 'slow'))
        fast = await c.remote.add(1, 1)
        return [fast, slow.done(), await slow]
    yield 'a call that begins later ends earlier', overtaken, [2, False, 'slow']


@row
def fail(c):
    for kind, message in [
        ('ValueError', '42'), ('RuntimeError', 'no: way'), ('TypeError', 'x'), ('KeyError', 'key'), ('LookupError', 'l'),
        ('OSError', 'o'), ('CustomError', 'mine'), ('ValueError', ''), ('ValueError', '\u00e4\u20ac\U0001f600'),
        ('ValueError', 'two\nlines'), ('ValueError', 'x' * 10000), ('ValueError', ' spaces '), ('Exception', '"quoted"'),
    ]:
        yield c.call('fail', kind, message), Raises(kind, [message, repr(message)] if kind == 'KeyError' else message)
    yield c.call('fail', type='ValueError', message='by name'), Raises('ValueError', 'by name')
    yield c.call('add', 1, 1), 2


@row
def unserializable(c):
    yield c.call('unserializable'), Approved(
        'an error of the peer', lambda got: isinstance(got, RemoteError) and got.type != 'LookupError')
    yield c.call('add', 1, 1), 2


@row
def private(c):
    yield c.call('private'), Raises('LookupError', ends='private" is not exposed')
    yield c.call('private', 1, a=2), Raises('LookupError', ends='private" is not exposed')


@row
def sub(c):
    yield c.call('sub/name'), c.path('sub')
    yield c.call('sub/deep/name'), c.path('sub/deep')


@row
def get_sub(c):
    async def through_proxy(*names):
        proxy = await c.remote.get_sub()
        for name in names:
            proxy = getattr(proxy, name)
        return await proxy()
    yield 'get_sub().name()', lambda: through_proxy('name'), c.path('sub')
    yield 'get_sub().deep.name()', lambda: through_proxy('deep', 'name'), c.path('sub/deep')
    yield 'get_sub().nothing()', lambda: through_proxy('nothing'), \
        Raises('LookupError', 'Name "nothing" not found in "%s"' % c.path('sub'))

    async def same_proxy():
        return await c.remote.get_sub() == c.remote.sub
    yield 'get_sub() == remote.sub', same_proxy, True


@row
def call_back(c):
    for n in (0, 1, 2, 100):
        yield 'call_back(our service, %d)' % n, c.call('call_back', c.own, n), c.received([i * 2 for i in range(n)])
    yield 'call_back(proxy=our service, n=3)', c.call('call_back', proxy=c.own, n=3), c.received([0, 2, 4])
    yield 'call_back(our service below the root, 3)', c.call('call_back', c.own.inner, 3), c.received([0, -2, -4])

    async def both_ways():
        calls = [c.remote.call_back(c.own, 20) for _ in range(20)] + [c.remote.add(i) for i in range(20)]
        return list(await asyncio.gather(*calls))
    yield '20 times call_back and add at once', both_ways, [c.received([i * 2 for i in range(20)])] * 20 + list(range(20))


@row
def call_back_fail(c):
    yield 'call_back_fail(our service)', c.call('call_back_fail', c.own), c.received(['ValueError', 'boom'])
    yield 'call_back_fail(our service below the root)', c.call('call_back_fail', c.own.inner), \
        c.received(['ValueError', 'inner boom'])


@row
def payload(c):
    for n in (0, 1, 1000, 65536, 1000000):
        yield c.call('payload', n), 'x' * n


@row
def peers(c):
    yield c.call('peers'), Approved('at least 1', lambda got: type(got) is int and got >= 1)

    async def come_and_go():
        before = await c.remote.peers()
        other = await c.connect()
        seen = [await other.remote.peers() - before, await other.remote.add(1, 2)]
        await other.close()
        while await c.remote.peers() != before:
            await asyncio.sleep(0.01)
        return seen
    yield 'a second client comes, calls and goes', come_and_go, [1, 3]


@row
def wrong_calls(c):
    here = c.path('')
    yield c.call('add'), Raises('TypeError', ends="add() missing 1 required positional argument: 'a'")
    yield c.call('add', b=1), Raises('TypeError', ends="add() missing 1 required positional argument: 'a'")
    yield c.call('fail'), Raises('TypeError', ends="fail() missing 2 required positional arguments: 'type' and 'message'")
    yield c.call('call_back'), Raises('TypeError', ends="call_back() missing 2 required positional arguments: 'proxy' and 'n'")
    yield c.call('sleep'), Raises('TypeError', ends="sleep() missing 1 required positional argument: 'seconds'")
    yield c.call('add', 1, 2, 3), Raises('TypeError', ends='were given')
    yield c.call('get_sub', 1), Raises('TypeError', ends='were given')
    yield c.call('add', 1, c=2), Raises('TypeError', ends="add() got an unexpected keyword argument 'c'")
    yield c.call('add', 1, a=2), Raises('TypeError', ends="add() got multiple values for argument 'a'")
    yield c.call('add', 'a', 1), Raises('TypeError')
    yield c.call('nothing'), Raises('LookupError', 'Name "nothing" not found in "%s"' % here)
    yield c.call('nothing/deeper'), Raises('LookupError', 'Name "nothing" not found in "%s"' % here)
    yield c.call('sub/nothing'), Raises('LookupError', 'Name "nothing" not found in "%s"' % c.path('sub'))
    yield c.call('sub/deep/nothing'), Raises('LookupError', 'Name "nothing" not found in "%s"' % c.path('sub/deep'))
    yield c.call('add/deeper'), Raises('LookupError', 'Name "deeper" not found in "%s"' % c.path('add'))
    yield c.call('sub'), Raises('TypeError')
    yield c.call('add', 1, 1), 2


@row
def flight(c):
    n = c.options.flight

    async def at_once():
        results = await asyncio.gather(*[c.remote.add(i, i) for i in range(n)])
        return sum(result == 2 * i for i, result in enumerate(results))
    yield '%d calls in flight' % n, at_once, n

    async def mixed():
        calls = [c.remote.sleep(0.001 * (i % 7), i) for i in range(n // 10)]
        calls += [c.remote.fail('ValueError', str(i)) for i in range(n // 10)]
        results = await asyncio.gather(*calls, return_exceptions=True)
        return results[:n // 10] + [isinstance(result, aiomas.RemoteException) for result in results[n // 10:]]
    yield 'replies in any order, and failures', mixed, list(range(n // 10)) + [True] * (n // 10)


@row
def random_identity(c):
    rnd = random.Random(c.options.seed)
    for n in range(c.options.random):
        value = random_value(rnd, c.codec)
        yield 'random value %d of seed %d' % (n, c.options.seed), c.call('identity', value), \
            build(after(describe(value), c.codec))


class LocalError(Exception):
    """What the call raised before it was sent, or because the connection ended."""


class RemoteError(Exception):
    """What the peer raised; *type* and *message* are read from the traceback."""
