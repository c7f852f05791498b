"""Capture chunks that real blosc makes, for the tests of codec/blosc.

    capture_blosc.py [--out DIR] [--check]

writes DIR/chunks.jsonl and DIR/encoded.jsonl, by default into codec/blosc/testdata
of this repository.  With --check nothing is written; the exit code tells whether
this blosc makes what is in the files: the same chunks in encoded.jsonl, and
chunks for the same data in chunks.jsonl (other versions of the compressors in
it compress differently).

The first line of a file says which versions made it.  Every other line is one chunk:

    data      what is in it: a kind of :data:`KINDS`, a size, and a parameter of the kind
    typesize, clevel, shuffle, cname
              how it was made; without them as aiomas does, with typesize 8
    settings  others: "blocksize", "threads", "split"
    chunk     the chunk in base64 (chunks.jsonl)
    len, sha256
              what is known of the chunk (encoded.jsonl)

Every chunk in chunks.jsonl was decompressed again; those that several threads made, whose
blocks are in an order of chance, are kept as long as blosc is the same.  Those in
encoded.jsonl were made by one thread.
"""

import argparse
import array
import base64
import hashlib
import itertools
import json
import os
import platform
import struct
import sys

import blosc

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'codec', 'blosc', 'testdata')

CNAMES = ['blosclz', 'lz4', 'lz4hc', 'zlib', 'zstd']
SHUFFLES = {'none': blosc.NOSHUFFLE, 'byte': blosc.SHUFFLE, 'bit': blosc.BITSHUFFLE}

# --- data, made in the same way by the Go tests ------------------------------


def numbers(seed):
    """Yield pseudo-random numbers of 32 bits."""
    x = seed
    while True:
        x = (x * 1664525 + 1013904223) & 0xFFFFFFFF
        yield x


def zeros(n, p):
    return bytes(n)


def random(n, p):
    """Bytes that cannot be compressed."""
    return bytes(x >> 24 for x in itertools.islice(numbers(p), n))


def tile(n, p):
    """The same p bytes again and again."""
    return (random(p, p) * (n // p + 1))[:n]


def ramp(n, p):
    """Integers of 8 bytes in steps of p."""
    a = array.array('q', range(0, (n // 8 + 1) * p, p))
    if sys.byteorder == 'big':
        a.byteswap()
    return a.tobytes()[:n]


def level(i, p):
    return (i * i % 97) / 8 + i // p


def doubles(n, p):
    """Floats that repeat themselves and rise slowly, as in an array of numpy."""
    return b''.join(struct.pack('<d', level(i, p)) for i in range(n // 8 + 1))[:n]


def floats(n, p):
    """The same as msgpack writes them."""
    return b''.join(struct.pack('>Bd', 0xCB, level(i, p)) for i in range(n // 9 + 1))[:n]


def words(n, p):
    """Words that differ in nothing but a number."""
    part = b''.join(b'\xa8value_%02d' % (x >> 24) for x in itertools.islice(numbers(p), min(n, 40000) // 9 + 1))
    return (part * (n // len(part) + 1))[:n]


def runs(n, p):
    """Runs of at most p equal bytes."""
    part = bytearray()
    for x in numbers(p):
        if len(part) >= min(n, 40000):
            break
        part += bytes([x >> 24]) * (1 + (x >> 8 & 0xFFFF) % p)
    return (bytes(part) * (n // max(len(part), 1) + 1))[:n]


def noisy(n, p):
    """Elements of 8 bytes, of which p are random and the others alike."""
    xs = numbers(p)
    return b''.join(
        bytes(x >> 24 for x in itertools.islice(xs, p)) + (i // 16 % 256).to_bytes(8 - p, 'little') for i in range(n // 8 + 1)
    )[:n]


KINDS = {f.__name__: f for f in (zeros, random, tile, ramp, doubles, floats, words, runs, noisy)}

# --- cases -------------------------------------------------------------------


def chunk_cases():
    """Yield everything that a Python program can make blosc do."""
    # Every compressor, filter and level; the typical sizes of elements.
    for cname, shuffle, clevel in itertools.product(CNAMES, SHUFFLES, range(10)):
        yield case('tile', 40000 if clevel else 600, 88, 8, clevel, shuffle, cname)
        yield case('words', 700, 2, 8, clevel, shuffle, cname)
    for cname, shuffle, typesize in itertools.product(CNAMES, SHUFFLES, (1, 2, 3, 4, 5, 7, 16, 17, 32, 100, 254, 255)):
        yield case('doubles', 2001, 150, typesize, 9, shuffle, cname)
        yield case('tile', 70003, 24, typesize, 5, shuffle, cname)
    # Every size of elements.
    for typesize in range(1, 256):
        yield case('floats', 1100, 7, typesize)
        yield case('words', 800, 5, typesize, 9, 'bit', 'blosclz')
    # Sizes: none at all, around all borders, and big.
    for size in range(0, 20):
        yield case('random', size, 1)
    for size in (127, 128, 129, 135, 136, 137, 255, 256, 1000, 1001, 1015, 1016, 1023, 1024, 1025, 1031, 1032, 2047, 2049):
        for cname in CNAMES:
            yield case('floats', size, 50, 8, 9, 'byte', cname)
    for border in (4096, 8192, 32768, 65536, 131072, 262144, 524288, 1 << 20, 2 << 20):
        for size, cname in itertools.product((border - 1, border, border + 1, border + 9), CNAMES):
            if cname in ('zlib', 'zstd') or size < 100000:
                yield case('tile' if size < 50000 else 'zeros', size, 40, 8, 9, 'byte', cname)
    for size in (10000000, 33554433, 50000001):
        yield case('zeros', size, 0, 8, 9, 'byte', 'zstd')
    yield case('zeros', 12000000, 0, 8, 9, 'byte', 'zlib')
    yield case('zeros', 9000005, 0)
    yield case('zeros', 8000000, 0, 8, 9, 'bit', 'lz4')
    yield case('tile', 3000000, 7, 8, 9, 'byte', 'lz4hc')
    # What a stream can look like: far and long matches, runs, streams left as they are.
    for cname, shuffle in itertools.product(CNAMES, SHUFFLES):
        yield case('runs', 9000, 700, 1, 9, shuffle, cname)
        yield case('runs', 5000, 30, 4, 9, shuffle, cname)
        yield case('noisy', 4400, 2, 8, 9, shuffle, cname)
        yield case('noisy', 2000, 5, 8, 9, shuffle, cname)
        yield case('random', 2000, 1, 8, 9, shuffle, cname)
    for cname in CNAMES:
        yield case('tile', 18000, 8170, 1, 9, 'none', cname)
    yield case('tile', 27000, 12000, 1, 9, 'none', 'blosclz')
    yield case('tile', 81000, 71000, 1, 9, 'none', 'blosclz')
    # What programs can set besides.
    for blocksize, cname in itertools.product((128, 1000, 1001, 4096, 1 << 24), CNAMES):
        yield case('tile', 9011, 40, 8, 9, 'byte', cname, {'blocksize': blocksize})
        yield case('tile', 9011, 9, 3, 5, 'bit', cname, {'blocksize': blocksize})
    for split, cname, typesize in itertools.product(('ALWAYS', 'NEVER', 'AUTO', 'FORWARD_COMPAT'), CNAMES, (4, 8)):
        yield case('ramp', 20000, 5, typesize, 9, 'byte', cname, {'split': split})
    for cname in CNAMES:
        yield case('doubles', 150000, 9000, 8, 5, 'byte', cname, {'blocksize': 4096, 'threads': 4})


def encoded_cases():
    """Yield what aiomas makes of messages, and the same with other sizes of elements."""
    for size in itertools.chain(range(0, 40), range(120, 140), range(1000, 1060, 3), (2000, 4097, 10000)):
        for kind, p in (('words', 2), ('floats', 50), ('random', 1), ('runs', 30), ('zeros', 0), ('noisy', 2)):
            yield case(kind, size, p)
    for border in (1 << 13, 1 << 15, 1 << 16, 1 << 17, 1 << 18, 1 << 20, 2 << 20):
        for size, (kind, p) in itertools.product(
            (border - 8, border - 1, border, border + 1, border + 7, border + 8),
            (('words', 3), ('tile', 5000), ('runs', 700), ('ramp', 3)),
        ):
            yield case(kind, size, p)
    for kind, p in (
        ('floats', 5), ('floats', 96), ('floats', 5000), ('doubles', 5), ('doubles', 5000), ('ramp', 1), ('ramp', 123457),
        ('runs', 5), ('runs', 60000), ('tile', 70), ('tile', 8200), ('tile', 71000), ('tile', 80000), ('noisy', 1),
        ('noisy', 3), ('noisy', 6), ('noisy', 7), ('random', 4), ('words', 9),
    ):
        for size in (5000, 60001, 262147):
            yield case(kind, size, p)
    for typesize in range(1, 256):
        yield case('floats', 5000, 60, typesize)
        yield case('words', 70001 if typesize < 20 else 9001, 3, typesize)
    # As big as messages get.
    yield case('floats', 9000005, 1000)
    yield case('doubles', 8000000, 3)
    yield case('random', 2500000, 3)
    yield case('noisy', 4000000, 4)
    yield case('tile', 17000001, 60000)
    yield case('zeros', 40000000, 0)


def case(kind, size, p, typesize=8, clevel=9, shuffle='byte', cname='blosclz', settings=None):
    made = {'data': [kind, size, p], 'typesize': typesize}
    if (clevel, shuffle, cname) != (9, 'byte', 'blosclz'):
        made.update(clevel=clevel, shuffle=shuffle, cname=cname)
    if settings:
        made['settings'] = settings
    return made


def compress(made, disorder=False):
    """Return the chunk that blosc makes of a case.

    With *disorder* several threads are given the chance to put their blocks in disorder.
    """
    kind, size, p = made['data']
    data = KINDS[kind](size, p)
    settings = made.get('settings', {})
    blosc.set_nthreads(settings.get('threads', 1))
    blosc.set_blocksize(settings.get('blocksize', 0))
    os.environ['BLOSC_SPLITMODE'] = settings.get('split', 'FORWARD_COMPAT')
    chunk = None
    while chunk is None or disorder and settings.get('threads', 1) > 1 and not in_disorder(chunk):
        chunk = blosc.compress(
            data,
            made['typesize'],
            made.get('clevel', 9),
            SHUFFLES[made.get('shuffle', 'byte')],
            made.get('cname', 'blosclz'),
        )
    assert blosc.decompress(chunk) == data
    return chunk


def in_disorder(chunk):
    """Tell whether the blocks are in another order than what they hold."""
    nbytes, blocksize = struct.unpack_from('<II', chunk, 4)
    starts = struct.unpack_from('<%dI' % -(-nbytes // blocksize), chunk, 16)
    return sorted(starts) != list(starts)


def chunks(disorder, kept):
    for made in chunk_cases():
        made['chunk'] = kept.get(json.dumps(dict(made, chunk=None))) or base64.b64encode(compress(made, disorder)).decode()
        yield made


def kept_chunks(path, head):
    """Return those chunks of the file whose order is not deterministic, by their cases.

    There are none if they are of another blosc than *head* says.
    """
    kept = {}
    if os.path.exists(path):
        with open(path, encoding='ascii') as f:
            if json.loads(f.readline()) == head:
                for made in map(json.loads, f):
                    if made.get('settings', {}).get('threads', 1) > 1:
                        kept[json.dumps(dict(made, chunk=None))] = made['chunk']
    return kept


def encoded():
    for made in encoded_cases():
        chunk = compress(made)
        made.update(len=len(chunk), sha256=hashlib.sha256(chunk).hexdigest())
        yield made


# --- files -------------------------------------------------------------------


def main():
    parser = argparse.ArgumentParser(description='Capture chunks from real blosc.')
    parser.add_argument('--out', default=OUT, metavar='DIR')
    parser.add_argument('--check', action='store_true', help='compare with the files instead of writing them')
    args = parser.parse_args()
    head = {
        'python': platform.python_version(),
        'blosc': blosc.__version__,
        'c-blosc': blosc.blosclib_version,
        'compressors': {cname: blosc.clib_info(cname)[1] for cname in CNAMES},
    }
    failed = False
    kept = {} if args.check else kept_chunks(os.path.join(args.out, 'chunks.jsonl'), head)
    for name, lines in (('chunks', chunks(not args.check, kept)), ('encoded', encoded())):
        path = os.path.join(args.out, name + '.jsonl')
        if args.check:
            failed |= not check(path, lines)
        else:
            write(path, itertools.chain([head], lines))
    return 1 if failed else 0


def write(path, lines):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='ascii', newline='\n') as f:
        for line in lines:
            f.write(json.dumps(line, separators=(',', ':')) + '\n')


def check(path, lines):
    """Tell whether the file has these chunks, or others for the same data."""
    with open(path, encoding='ascii') as f:
        kept = [json.loads(line) for line in f][1:]
    lines = list(lines)
    good = len(kept) == len(lines)
    for old, new in zip(kept, lines):
        chunk = old.pop('chunk', None)
        new.pop('chunk', None)
        same = old == new
        if same and chunk is not None:
            kind, size, p = old['data']
            same = blosc.decompress(base64.b64decode(chunk)) == KINDS[kind](size, p)
        if not same:
            print('%s: %s is now %s' % (path, old, new), file=sys.stderr)
            good = False
    return good


if __name__ == '__main__':
    sys.exit(main())
