"""Capture the golden frames: what real aiomas writes and reads, byte for byte.

    capture.py [--out DIR] [--check] [--codec NAME ...]

writes DIR/<codec>.jsonl, by default into internal/golden/data of this
repository.  With --check nothing is written; the exit code tells whether the
files there are what this Python would have captured.  Another Python than the
one that captured them may word an error or draw a traceback differently: then
only the types of the exceptions are compared.  For the same reason the files
are captured again with the Python that their first lines name, if it is there.

The first line of a file says which versions captured it.  Every other line is
one case; see tagged.py for the form of its values:

    name      unique in the file
    kind      "value":   value was encoded with codec.encode(), and decoded again
              "decode":  a payload made by hand was decoded
              "message": a frame seen on a connection; has type, id and from
    types     the custom types registered with the codec; their ids are their positions
    value     what was encoded
    decoded   what codec.decode() made of the payload, if that differs from value
    hex       the payload (without the frame's length); if it is long, its sha256 and len,
              or how it is nested: open n times, what is inside, close n times, all in hex
    error     Python refused, with "ExceptionType: message"
"""

import argparse
import asyncio
import hashlib
import json
import os
import platform
import re
import sys
import warnings

import aiomas
import aiomas.codecs
import msgpack

import golden_decodes
import golden_messages
import golden_values
from golden_after import after
from golden_types import SERIALIZERS, ObjectReference, build_custom, describe_custom
from tagged import build, describe, same

# A longer payload is stored by its hash.
MAX_PAYLOAD = 4096

# Registered when a payload made by hand is decoded.
DECODE_TYPES = ['Point', 'complex']

CODECS = {
    'json': aiomas.codecs.JSON,
    'msgpack': aiomas.codecs.MsgPack,
    'msgpack-blosc': aiomas.codecs.MsgPackBlosc,
}

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'internal', 'golden', 'data')


def main():
    parser = argparse.ArgumentParser(description='Capture the golden frames from real aiomas.')
    parser.add_argument('--out', default=DATA, metavar='DIR')
    parser.add_argument('--check', action='store_true', help='compare with the files instead of writing them')
    parser.add_argument('--codec', action='append', choices=sorted(CODECS))
    args = parser.parse_args()
    warnings.simplefilter('ignore', DeprecationWarning)  # msgpack's, about encoding=
    warnings.simplefilter('ignore', PendingDeprecationWarning)

    failed = False
    for codec in args.codec or CODECS:
        if codec == 'msgpack-blosc' and aiomas.codecs.blosc is None:
            print('msgpack-blosc: left out, blosc is not installed', file=sys.stderr)
            continue
        path = os.path.join(args.out, codec + '.jsonl')
        lines = [header(codec)] + list(capture(codec))
        names = [line['name'] for line in lines[1:]]
        assert len(names) == len(set(names)), 'a name was used twice'
        if args.check:
            failed |= not check(path, lines)
        else:
            write(path, lines)
        print('%s: %d cases' % (codec, len(lines) - 1), file=sys.stderr)
    return 1 if failed else 0


def header(codec):
    versions = {'kind': 'header', 'codec': codec, 'python': platform.python_version(), 'aiomas': '2.0.1'}
    if codec != 'json':
        versions['msgpack'] = '.'.join(map(str, msgpack.version))
        versions['packer'] = 'C' if msgpack.Packer.__module__.endswith('_cmsgpack') else 'Python'
    if codec == 'msgpack-blosc':
        versions['blosc'] = aiomas.codecs.blosc.blosclib_version
    return versions


def capture(codec):
    """Yield all cases of *codec*."""
    for name, tagged, types in golden_values.cases():
        yield value_case(codec, name, tagged, types)
    for name, payload in golden_decodes.cases(codec):
        yield decode_case(codec, name, payload)
    for nested in golden_decodes.nested_cases(codec):
        yield nested_case(codec, *nested)
    for name, types, frames in asyncio.run(recorded(codec)):
        for n, (sender, payload) in enumerate(frames):
            yield message_case(codec, 'message/%s/%d' % (name, n), list(types), sender, payload)


def new_codec(codec, types):
    c = CODECS[codec]()
    for name in types:
        c.add_serializer(*SERIALIZERS[name]())
    return c


def value_case(codec, name, tagged, types):
    case = {'name': name, 'codec': codec, 'kind': 'value'}
    if types:
        case['types'] = list(types)
    case['value'] = tagged
    value = build(tagged, build_custom)
    c = new_codec(codec, types)
    try:
        payload = c.encode(value)
    except Exception as exc:
        case['error'] = error_text(exc)
        return case
    decoded = after(tagged, codec)
    assert same(c.decode(payload), build(decoded, build_custom)), (name, decoded)
    if decoded != tagged:
        case['decoded'] = decoded
    case.update(payload_fields(payload))
    return case


def decode_case(codec, name, payload):
    case = {'name': name, 'codec': codec, 'kind': 'decode', 'types': DECODE_TYPES}
    try:
        value = new_codec(codec, DECODE_TYPES).decode(payload)
    except Exception as exc:
        case['error'] = error_text(exc)
    else:
        case['decoded'] = describe(value, describe_custom(DECODE_TYPES))
    case['hex'] = payload.hex()
    return case


def nested_case(codec, name, payload, recipe, tagged):
    case = {'name': name, 'codec': codec, 'kind': 'decode', 'types': DECODE_TYPES}
    try:
        value = new_codec(codec, DECODE_TYPES).decode(payload)
    except Exception as exc:
        case['error'] = error_text(exc)
    else:
        assert same(value, build(tagged)), name
        case['decoded'] = tagged
    case['nested'] = recipe
    return case


async def recorded(codec):
    return [scenario async for scenario in golden_messages.record(CODECS[codec])]


def message_case(codec, name, types, sender, payload):
    c = CODECS[codec]()
    for cls in types:
        c.add_serializer(*(ObjectReference.serializer() if cls == 'object' else SERIALIZERS[cls]()))
    number, msg_id, content = c.decode(payload)
    # What is decoded can be encoded again, to the same bytes.
    assert c.encode([number, msg_id, content]) == payload, name
    if number == aiomas.channel.EXCEPTION:
        content = portable(content)
        payload = c.encode([number, msg_id, content])
    case = {'name': name, 'codec': codec, 'kind': 'message', 'types': types, 'from': sender, 'type': number, 'id': msg_id}
    case['value'] = describe(content, describe_custom(types))
    case.update(payload_fields(payload))
    return case


def portable(traceback):
    """Return *traceback* without what is true only on this machine: file names become
    relative, addresses of objects equal.  Nothing else of a message is changed."""
    here = os.path.dirname(os.path.abspath(__file__))
    for directory in (os.path.dirname(os.path.dirname(aiomas.__file__)), os.path.dirname(os.__file__), here):
        traceback = traceback.replace('File "%s%s' % (directory, os.sep), 'File "')
    return re.sub(r' at 0x[0-9a-f]+>', ' at 0x7f0000000000>', traceback)


def payload_fields(payload):
    if len(payload) > MAX_PAYLOAD:
        return {'sha256': hashlib.sha256(payload).hexdigest(), 'len': len(payload)}
    return {'hex': payload.hex()}


def error_text(exc):
    return '%s: %s' % (type(exc).__name__, exc)


def write(path, lines):
    if os.path.exists(path):
        with open(path, encoding='ascii') as f:
            before = json.loads(f.readline())
        if before != lines[0]:
            print('note: %s was captured by %s before' % (os.path.basename(path), before), file=sys.stderr)
    with open(path, 'w', encoding='ascii', newline='\n') as f:
        for line in lines:
            f.write(json.dumps(line) + '\n')


def check(path, lines):
    """Compare *lines* with those in *path*; print and return whether they agree."""
    with open(path, encoding='ascii') as f:
        committed = [json.loads(line) for line in f]
    alike = committed[0] == lines[0]
    if not alike:
        print('%s was captured by %s' % (os.path.basename(path), committed[0]), file=sys.stderr)
    old = {line['name']: line for line in committed[1:]}
    new = {line['name']: line for line in lines[1:]}
    wrong = sorted(old.keys() ^ new.keys())
    wrong += [name for name in new if name in old and not agree(old[name], new[name], alike)]
    for name in wrong:
        print('differs: %s\n  file: %s\n  now:  %s' % (
            name, json.dumps(old.get(name))[:1000], json.dumps(new.get(name))[:1000]), file=sys.stderr)
    return not wrong


def agree(old, new, alike):
    return old == new if alike else essence(old) == essence(new)


def essence(case):
    """Return *case* without what differs between versions of Python."""
    case = dict(case)
    if 'error' in case:
        case['error'] = case['error'].split(':')[0]
    if case.get('type') == aiomas.channel.EXCEPTION:
        lines = case.pop('value')['v'].strip().split('\n')
        case['value'] = [lines[0], lines[-1].split(':')[0]]
        drop_payload(case)
    if case.get('codec') == 'msgpack-blosc':
        drop_payload(case)  # another blosc compresses differently
    return case


def drop_payload(case):
    for field in ('hex', 'sha256', 'len'):
        case.pop(field, None)


if __name__ == '__main__':
    sys.exit(main())
