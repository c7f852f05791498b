"""The MessagePack codecs read what they read with msgpack 0.6, and no more."""

import aiomas
import pytest

CODECS = [aiomas.MsgPack, aiomas.MsgPackBlosc]


def payload(codec, data):
    """Return what *codec* reads *data*, MessagePack, from."""
    if codec is aiomas.MsgPackBlosc:
        return aiomas.codecs.blosc.compress(data, aiomas.codecs.TYPESIZE)
    return data


@pytest.mark.parametrize('codec', CODECS)
@pytest.mark.parametrize('value', [
    {1: 2, -1: 3, 2 ** 64 - 1: 4}, {None: 0, True: 1, 1.5: 2, b'\xff': 3, '': 4, (1, (2,)): 5},
    (), ((), ()), {'a': {'b': ({},)}}, 'caf\xe9 \u20ac \U0001f600', b'caf\xe9', [b'', ''], -2 ** 63, 2 ** 64 - 1,
    float('inf'), -0.0, 'x' * 70000, b'y' * 70000, tuple(range(70000)), {str(i): i for i in range(70000)},
])
def test_round_trip(codec, value):
    def tuples(v):
        return tuple(map(tuples, v)) if isinstance(v, (list, tuple)) else v
    got = codec().decode(codec().encode(value))
    assert got == tuples(value) and type(got) is type(tuples(value))


@pytest.mark.parametrize('codec', CODECS)
@pytest.mark.parametrize('container', [bytes, bytearray])
def test_reads_any_bytes(codec, container):
    assert codec().decode(container(payload(codec, b'\x93\x01\xa1x\xc4\x01y'))) == (1, 'x', b'y')


@pytest.mark.parametrize('codec', CODECS)
def test_custom_types(codec):
    c = codec()
    c.add_serializer(complex, lambda z: [z.real, z.imag], lambda parts: complex(*parts))
    assert c.decode(c.encode({'z': [1j, {2 + 3j: 'key'}.popitem()]})) == {'z': (1j, (2 + 3j, 'key'))}


@pytest.mark.parametrize('codec', CODECS)
@pytest.mark.parametrize('bad', [
    b'', b'\x92\x01', b'\x01\x02', b'\xc1', b'\xa1\xff', b'\x81\x80\x01', b'\xdd\xff\xff\xff\xff',
], ids=lambda b: b.hex() or 'empty')
def test_refuses(codec, bad):
    with pytest.raises((ValueError, TypeError)):
        codec().decode(payload(codec, bad))


# msgpack 0.6 refused all extensions of a negative type, and so do we.
TIMESTAMPS = [bytes.fromhex(text) for text in (
    'd6ff00000000', 'd7ff0000000000000000', 'c70cff000000000000000000000000',
    'c704ff00000000', 'c80004ff00000000', 'c900000008ff0000000000000000')]


@pytest.mark.parametrize('codec', CODECS)
@pytest.mark.parametrize('wrap', [
    lambda t: t, lambda t: b'\x91' + t, lambda t: b'\x81\x01' + t, lambda t: b'\x81' + t + b'\x01',
    lambda t: b'\x92\x80\x81\xa1k\x92' + t + b'\x01', lambda t: b'\x81\x92\x01' + t + b'\xc0',
], ids=['alone', 'in a list', 'as a value', 'as a key', 'deep', 'in a key'])
@pytest.mark.parametrize('timestamp', TIMESTAMPS, ids=lambda t: t.hex()[:10])
def test_refuses_timestamps(codec, wrap, timestamp):
    with pytest.raises(ValueError):
        codec().decode(payload(codec, wrap(timestamp)))


@pytest.mark.parametrize('codec', CODECS)
@pytest.mark.parametrize('timestamp', TIMESTAMPS, ids=lambda t: t.hex()[:10])
def test_reads_what_only_looks_like_one(codec, timestamp):
    c = codec()
    c.add_serializer(complex, lambda z: [z.real, z.imag], lambda parts: complex(*parts))
    value = (timestamp, {timestamp: (1, timestamp * 1000)}, 1j, {'': ()})
    assert c.decode(c.encode(value)) == value


@pytest.mark.parametrize('codec', CODECS)
def test_other_extensions(codec):
    ext = aiomas.codecs.msgpack.ExtType(5, b'\xd6\xff')
    assert codec().decode(codec().encode([ext])) == (ext,)
