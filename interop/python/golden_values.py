"""The values whose encoding the golden frames record.

Everything is a description in the tagged form (see tagged.py), so that what is
written to the golden files is what was encoded, and big values stay short.
Each value is tried with every codec; what a codec refuses is recorded too.
"""

import random
import struct
import sys

from random_values import random_value
from tagged import describe

SEED = 20240229


def cases():
    """Yield ``(name, tagged value, custom types to register)``."""
    for group in (_singletons, _ints, _floats, _strings, _bytes, _lists, _dicts,
                  _nesting, _custom, _unsupported, _mixed):
        for case in group():
            name, tagged = case[:2]
            yield name, tagged, case[2] if len(case) > 2 else ()


def integer(i):
    return {'t': 'int', 'v': str(i)}


def text(s):
    return describe(s)


def repeat(of, n, tagged):
    return {'t': 'repeat', 'of': of, 'n': n, 'v': tagged}


def nest(of, n, tagged):
    return {'t': 'nest', 'of': of, 'n': n, 'v': tagged}


def custom(number, cls, data):
    return {'t': 'custom', 'id': number, 'class': cls, 'data': data}


def _singletons():
    yield 'none', None
    yield 'true', True
    yield 'false', False


def _ints():
    edges = {0, 1, -1, 31, -31, -32, -33, 127, 128, 129, -127, -128, -129, 42, -42, 1000, 123456789}
    for bits in (7, 8, 15, 16, 31, 32, 53, 63, 64, 65, 100, 127, 128, 256):
        for delta in (-1, 0, 1):
            edges |= {2 ** bits + delta, -2 ** bits + delta}
    edges |= {10 ** n for n in (15, 16, 17, 18, 19, 20, 21, 22, 30)}
    for i in sorted(edges):
        yield 'int/%d' % i, integer(i)
    rnd = random.Random(SEED)
    for n in range(40):
        i = rnd.getrandbits(rnd.randint(1, 64)) * rnd.choice((1, -1))
        yield 'int/random/%d' % n, integer(i)
    for digits in (100, 308, 309, 310, 1000, 4299, 4300):
        yield 'int/%d digits' % digits, integer('9' * digits)
        yield 'int/minus %d digits' % digits, integer('-' + '9' * digits)


def _floats():
    edges = [
        0.0, 1.0, 0.1, 0.2, 0.3, 0.1 + 0.2, 1 / 3, 2 / 3, 0.5, 1.5, 3.0, 10.0, 42.0, 100.0, 3.14, 2.5e-3,
        123456789.0, 123456789.123, 1e15, 1e16, 1e17, 9999999999999998.0, 99999999999999990.0, 123456789012345680.0,
        1e20, 1e21, 1e22, 1e23, 8.41e21, 5e22, 1e100, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 0.00012345, 0.000012345,
        1.2345e-05, 9007199254740991.0, 9007199254740992.0, 9007199254740993.0, 9007199254740994.0,
        2.0 ** 31, 2.0 ** 32, 2.0 ** 63, 2.0 ** 64, 2.0 ** 70, 5e-324, 1e-323, 2.2250738585072014e-308,
        2.225073858507201e-308, sys.float_info.max, 1.7976931348623155e308, sys.float_info.epsilon,
        float(2 ** 24), float(2 ** 24 + 1), 1.1754943508222875e-38, 3.4028234663852886e38,
        4.35, 4.349999999999999, 2.98023223876953125e-8, 1e308, 179769313486231550000.0, 5.764607523034235e39,
    ]
    for f in dict.fromkeys(edges):
        yield 'float/%r' % f, describe(f)
        yield 'float/%r' % -f, describe(-f)
    for f in ('nan', 'inf', '-inf'):
        yield 'float/' + f, describe(float(f))
    for bits in ('fff8000000000000', '7ff8000000000001'):
        yield 'float/nan ' + bits, describe(struct.unpack('>d', bytes.fromhex(bits))[0])
    rnd = random.Random(SEED)
    for n in range(200):
        f = struct.unpack('>d', struct.pack('>Q', rnd.getrandbits(64)))[0]
        if f == f:
            yield 'float/random bits/%d' % n, describe(f)
    for n in range(60):
        yield 'float/random decimal/%d' % n, describe(round(rnd.uniform(-1000, 1000), rnd.randint(0, 6)))
    for n in range(40):
        yield 'float/random integral/%d' % n, describe(float(rnd.getrandbits(rnd.randint(1, 80))))


def _strings():
    yield 'str/empty', text('')
    for i in range(128):
        yield 'str/ascii/%02x' % i, text(chr(i))
    yield 'str/ascii/all', text(''.join(map(chr, range(128))))
    for s in ('hello', 'hello world', '"quoted"', 'back\\slash', 'a/b', '</script>', '<&>', "it's", 'tab\tline\nreturn\r',
              'NaN', '__type__', '\u00e4\u00f6\u00fc\u00df', '\u20ac', '\u65e5\u672c\u8a9e', '\u0000x', 'x\u0000',
              '\u2028\u2029', '\ufeffbom', '\ufffd', '\ufffe\uffff', '\ud7ff\ue000', 'e\u0301', '\U0001f600',
              '\U00010000', '\U0010ffff', 'a\U0001f600b', '\U0001f468\u200d\U0001f469\u200d\U0001f467', '\u0661\u0662'):
        yield 'str/%s' % s.encode('unicode_escape').decode(), text(s)
    for n in (0x80, 0x9f, 0xa0, 0xff, 0x100, 0x7ff, 0x800, 0xfff, 0x1000, 0xffff, 0x10000, 0xfffff, 0x100000):
        yield 'str/code point/%x' % n, text(chr(n))
    for s in ('\ud800', '\udbff', '\udc00', '\udfff', 'a\ud800b', '\ude00\ud83d', '\ud83d\ude00', '\ud800\ud800\udc00',
              '\ud83d\U0001f600', '\U0001f600\ude00', '\u00e9\ud800'):
        yield 'str/surrogates/%s' % s.encode('unicode_escape').decode(), text(s)
    for n in (1, 30, 31, 32, 33, 254, 255, 256, 257, 65534, 65535, 65536, 65537):
        yield 'str/length/%d' % n, repeat('str', n, text('x'))
    for n in (15, 16, 127, 128, 32767, 32768):
        yield 'str/length/2 bytes/%d' % n, repeat('str', n, text('\u00e9'))
    yield 'str/length/4 bytes/64', repeat('str', 64, text('\U0001f600'))
    yield 'str/1 MB', repeat('str', 100000, text('0123456789'))


def _bytes():
    yield 'bytes/empty', describe(b'')
    yield 'bytes/all', describe(bytes(range(256)))
    yield 'bytes/text', describe(b'hello')
    for n in (1, 31, 32, 254, 255, 256, 257, 65534, 65535, 65536, 65537):
        yield 'bytes/length/%d' % n, repeat('bytes', n, describe(b'\x00'))
    yield 'bytes/in a list', describe([b'a', 'a'])


def _lists():
    for kind in ('list', 'tuple'):
        yield kind + '/empty', {'t': kind, 'v': []}
        for v in ([1], [1, 2], [1, 'a', None, True, 2.0], [[]], [[], [[]]], [[1], [2, [3]]], [0.0, 0, False, '', None]):
            yield '%s/%s' % (kind, v), {'t': kind, 'v': describe(v)['v']}
        for n in (14, 15, 16, 17, 65534, 65535, 65536, 65537):
            yield '%s/length/%d' % (kind, n), repeat(kind, n, integer(0))
    yield 'list/list and tuple', describe([(1, [2]), [(3,)]])


def _dicts():
    yield 'dict/empty', describe({})
    yield 'dict/one', describe({'a': 1})
    yield 'dict/order', describe({'b': 1, 'a': 2, 'c': 3, '': 4, 'B': 5})
    yield 'dict/nested', describe({'a': {'b': {'c': [1, {'d': None}]}}})
    yield 'dict/key escapes', describe({'"': 1, '\\': 2, '\n': 3, '\u00e9': 4, '\U0001f600': 5})
    yield 'dict/key lone surrogate', describe({'\ud800': 1})
    yield 'dict/keys/int', describe({1: 'a', -1: 'b', 0: 'c'})
    yield 'dict/keys/big int', describe({2 ** 63 - 1: 0, 2 ** 64 - 1: 1, -2 ** 63: 2})
    yield 'dict/keys/huge int', describe({2 ** 64: 0})
    yield 'dict/keys/float', describe({0.5: 1, 1e16: 2, 1.0: 3, -0.0: 4})
    yield 'dict/keys/inf', describe({float('inf'): 1, float('-inf'): 2})
    yield 'dict/keys/nan', describe({float('nan'): 1})
    yield 'dict/keys/bool', describe({True: 1, False: 2})
    yield 'dict/keys/none', describe({None: 1})
    yield 'dict/keys/mixed', describe({'1': 'str', 2: 'int', 2.5: 'float', None: 'none', True: 'bool'})
    yield 'dict/keys/clash', describe({1: 'int', '1': 'str', 'x': 0})
    yield 'dict/keys/clash of words', describe({None: 0, 'null': 1, True: 2, 'true': 3})
    yield 'dict/keys/bytes', describe({b'a': 1})
    yield 'dict/keys/bytes and str', describe({b'a': 1, 'a': 2})
    yield 'dict/keys/tuple', describe({(1, 'a'): 1, (): 2})
    yield 'dict/keys/nested tuple', describe({((1,), 2): 3})
    for n in (14, 15, 16, 17, 65534, 65535, 65536, 65537):
        yield 'dict/length/%d' % n, repeat('dict', n, None)
    yield 'dict/rpc request', describe(['a/b/func', [1, 'x'], {'key': 1.0}])


def _nesting():
    for of in ('list', 'tuple', 'dict'):
        # msgpack in pure Python takes two steps of its 511 for a dict.
        for n in (2, 10, 100, 250 if of == 'dict' else 500):
            yield 'nest/%s/%d' % (of, n), nest(of, n, integer(0))


def _custom():
    point = custom(0, 'Point', describe({'x': 1, 'y': 2.5}))
    yield 'custom/Point', point, ('Point',)
    yield 'custom/Point/none', custom(0, 'Point', describe({'x': None, 'y': None})), ('Point',)
    yield 'custom/Point/lists', custom(0, 'Point', describe({'x': [1, [2]], 'y': {'a': 1}})), ('Point',)
    yield 'custom/Point/nested', custom(0, 'Point', {'t': 'dict', 'v': [
        [text('x'), point], [text('y'), {'t': 'list', 'v': [point, None]}]]}), ('Point',)
    yield 'custom/Point/second', custom(1, 'Point', describe({'x': 1, 'y': 2})), ('complex', 'Point')
    number = custom(0, 'complex', describe([1.0, -2.5]))
    yield 'custom/complex', number, ('complex',)
    yield 'custom/complex/nan', custom(0, 'complex', describe([float('nan'), float('-inf')])), ('complex',)
    yield 'custom/list of both', {'t': 'list', 'v': [point, custom(1, 'complex', describe([0.0, 1.0])), point]}, \
        ('Point', 'complex')
    yield 'custom/in a dict', {'t': 'dict', 'v': [[text('p'), point], [text('q'), integer(1)]]}, ('Point',)
    yield 'custom/Arrow', custom(0, 'Arrow', text('2013-05-07T18:21:00+00:00')), ('Arrow',)
    yield 'custom/Arrow/microseconds', custom(0, 'Arrow', text('2013-05-07T18:21:00.123456+02:00')), ('Arrow',)
    yield 'custom/Arrow/first of three', {'t': 'list', 'v': [
        custom(2, 'complex', describe([1.0, 1.0])), custom(0, 'Arrow', text('1970-01-01T00:00:00+00:00')),
        custom(1, 'Point', describe({'x': 0, 'y': 0}))]}, ('Arrow', 'Point', 'complex')
    yield 'custom/refuses', custom(0, 'Refuses', None), ('Refuses',)
    yield 'custom/not registered', custom(0, 'complex', describe([1.0, 2.0])), ('Point',)


def _unsupported():
    for cls in ('set', 'frozenset', 'object', 'range', 'function', 'type', 'ellipsis'):
        yield 'other/' + cls, {'t': 'other', 'class': cls}
    yield 'other/in a list', {'t': 'list', 'v': [integer(1), {'t': 'other', 'class': 'set'}]}
    yield 'other/in a dict', {'t': 'dict', 'v': [[text('a'), {'t': 'other', 'class': 'object'}]]}


def _mixed():
    rnd = random.Random(SEED)
    for n in range(60):
        yield 'mixed/%d' % n, describe(random_value(rnd))
