"""The wire is the same as ever: what real aiomas with msgpack 0.6.2 wrote and read.

The golden files are those of the repository that this package lives in.
"""

import json
import os
import sys

import aiomas
import pytest

import aiomas_compat  # noqa: F401
from helpers import HERE

PYTHON = os.path.dirname(os.path.dirname(HERE))
DATA = os.path.join(os.path.dirname(os.path.dirname(PYTHON)), 'internal', 'golden', 'data')

if not os.path.isdir(DATA):
    pytest.skip('not in its repository: no golden files', allow_module_level=True)

sys.path.insert(0, PYTHON)

import capture  # noqa: E402
import golden_types  # noqa: E402
from tagged import build, describe, same  # noqa: E402

CODECS = sorted(capture.CODECS)


def cases(codec):
    with open(os.path.join(DATA, codec + '.jsonl'), encoding='ascii') as f:
        return [json.loads(line) for line in f][1:]


def make(codec, types):
    c = capture.CODECS[codec]()
    for name in types:
        serializer = golden_types.ObjectReference if name == 'object' else None
        c.add_serializer(*(serializer.serializer() if serializer else golden_types.SERIALIZERS[name]()))
    return c


def messagepack(codec, payload):
    """Return *payload* without its compression, which may change with the version of blosc."""
    return aiomas.codecs.blosc.decompress(payload) if codec == 'msgpack-blosc' else payload


@pytest.mark.parametrize('codec', CODECS)
def test_encodes_the_same_bytes(codec):
    count = 0
    for case in cases(codec):
        if case['kind'] == 'value' and 'hex' in case:
            payload = make(codec, case.get('types', ())).encode(build(case['value'], golden_types.build_custom))
            assert messagepack(codec, payload) == messagepack(codec, bytes.fromhex(case['hex'])), case['name']
            count += 1
    assert count > 500


@pytest.mark.parametrize('codec', CODECS)
def test_decodes_the_same_values(codec):
    count = 0
    for case in cases(codec):
        if 'hex' not in case:
            continue
        types = case.get('types', ())
        try:
            got = make(codec, types).decode(bytes.fromhex(case['hex']))
        except Exception as exc:
            assert case.get('error', '').startswith(type(exc).__name__ + ': '), (case['name'], exc)
        else:
            assert 'error' not in case, (case['name'], got)
            if case['kind'] == 'message':
                got = got[2]
            want = case['decoded'] if 'decoded' in case else case['value']
            if case['kind'] == 'value':
                assert same(got, build(want, golden_types.build_custom)), case['name']
            else:
                assert describe(got, golden_types.describe_custom(types)) == want, case['name']
        count += 1
    assert count > 700


@pytest.mark.parametrize('codec', CODECS)
def test_captures_the_same_goldens(codec, capsys):
    # Everything again, with the messages of live connections and what is too long for the files.
    lines = [capture.header(codec)] + list(capture.capture(codec))
    assert capture.check(os.path.join(DATA, codec + '.jsonl'), lines), capsys.readouterr().err[:5000]
