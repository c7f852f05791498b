"""Random values that a codec can carry."""

import struct

_CHARACTERS = 'abcxyz /"\\\n\x00\x7f\u00e9\u20ac\u65e5\uffff\U0001f600'


def random_value(rnd, codec=None, depth=4):
    """Return a random value that *codec* gives back unchanged, but for lists and
    tuples; without *codec*, one that every codec does."""
    kind = rnd.randrange(12 if depth else 9)
    if kind == 0:
        return rnd.choice((None, True, False))
    if kind <= 2:
        return _integer(rnd, codec)
    if kind <= 4:
        return _float(rnd)
    if kind <= 7:
        return _string(rnd, codec)
    if kind == 8:
        return _string(rnd, codec) if codec in (None, 'json') else _bytes(rnd)
    if kind == 9:
        return tuple(random_value(rnd, codec, depth - 1) for _ in range(rnd.randint(0, 5)))
    if kind == 10:
        return [random_value(rnd, codec, depth - 1) for _ in range(rnd.choice((0, 1, 2, 3, 15, 16, 17)))]
    return {_key(rnd, codec): random_value(rnd, codec, depth - 1) for _ in range(rnd.randint(0, 5))}


def _integer(rnd, codec):
    if codec == 'json' and rnd.random() < 0.2:
        return rnd.getrandbits(rnd.randint(1, 400)) * rnd.choice((1, -1))
    if rnd.random() < 0.1:
        return 2 ** 64 - 1 - rnd.getrandbits(rnd.randint(1, 63))
    bits = rnd.getrandbits(rnd.randint(1, 63))
    return rnd.choice((bits, -bits, ~bits, rnd.randint(-200, 200)))


def _float(rnd):
    kind = rnd.randrange(5)
    if kind == 0:
        return float(rnd.randint(-10, 10))
    if kind == 1:
        return rnd.uniform(-1e6, 1e6)
    if kind == 2:
        return rnd.random() * 10.0 ** rnd.randint(-30, 30)
    if kind == 3:
        return rnd.choice((float('nan'), float('inf'), float('-inf'), -0.0, 5e-324))
    value = struct.unpack('>d', struct.pack('>Q', rnd.getrandbits(64)))[0]
    return value if value == value else float('nan')  # JSON has only one NaN


def _string(rnd, codec):
    length = rnd.choice((0, 1, 2, 5, 12, 30, 31, 32, 33, 255, 256))
    text = ''.join(rnd.choice(_CHARACTERS) for _ in range(length))
    if codec == 'json' and rnd.random() < 0.1:
        return text + rnd.choice('\ud800\udbff\udc00\udfff')
    return text


def _bytes(rnd):
    return bytes(rnd.getrandbits(8) for _ in range(rnd.choice((0, 1, 31, 32, 255, 256))))


def _key(rnd, codec):
    if codec in (None, 'json') or rnd.random() < 0.7:
        return 'k%d' % rnd.randint(0, 99)
    return rnd.choice((None, True, _integer(rnd, codec), rnd.uniform(-10, 10), b'bytes', (1, 'x')))
