"""Write random chunks that real blosc makes, for a test to read them.

    random_blosc.py [--seed N] [--cases N]

Each case is a line of JSON, with what was done and the lengths of what follows:

    data      MessagePack, as aiomas writes it
    chunk     the data compressed in some way
    plain     the data compressed as aiomas does, by one thread
"""

import argparse
import json
import random
import sys

import blosc
import msgpack

from capture_blosc import CNAMES, KINDS, SHUFFLES


def main():
    parser = argparse.ArgumentParser(description='Write random chunks that real blosc makes.')
    parser.add_argument('--seed', type=int, default=None)
    parser.add_argument('--cases', type=int, default=1000)
    args = parser.parse_args()
    rnd = random.Random(args.seed)
    for _ in range(args.cases):
        value, settings = random_value(rnd), random_settings(rnd)
        data = msgpack.packb(value, use_bin_type=True)
        if len(data) > 300000 and settings['cname'] in ('lz4hc', 'zlib', 'zstd'):
            settings['clevel'] = min(settings['clevel'], 4)  # the others take seconds
        blosc.set_nthreads(settings['threads'])
        blosc.set_blocksize(settings['blocksize'])
        chunk = blosc.compress(
            data, settings['typesize'], settings['clevel'], SHUFFLES[settings['shuffle']], settings['cname']
        )
        blosc.set_nthreads(1)
        blosc.set_blocksize(0)
        plain = blosc.compress(data, 8)
        parts = [data, chunk, plain]
        head = dict(settings, data=len(data), chunk=len(chunk), plain=len(plain))
        sys.stdout.buffer.write(json.dumps(head).encode() + b'\n' + b''.join(parts))
    sys.stdout.buffer.flush()


def random_settings(rnd):
    return {
        'cname': rnd.choice(CNAMES),
        'shuffle': rnd.choice(sorted(SHUFFLES)),
        'clevel': rnd.randrange(10),
        'typesize': rnd.choice((1, 2, 4, 8, 8, 8, 16, rnd.randint(1, 255))),
        'threads': rnd.choice((1, 1, 4)),
        'blocksize': rnd.choice((0, 0, 0, rnd.randint(1, 100000))),
    }


def random_value(rnd):
    size = rnd.randrange(rnd.choice((200, 200, 5000, 5000, 100000, 100000, 2000000)))
    kind = rnd.randrange(5)
    if kind == 0:
        return [rnd.random() for _ in range(size // 9)]
    if kind == 1:
        step = rnd.choice((0.25, 0.1, 1.0))
        return [i // rnd.choice((1, 10)) * step for i in range(size // 9)]
    if kind == 2:
        return {'value_%d' % i: float(rnd.randrange(100)) for i in range(size // 18)}
    if kind == 3:
        return ['the same %s' % rnd.choice(('text', 'words', rnd.random())) for _ in range(size // 20)]
    name = rnd.choice(sorted(set(KINDS) - {'random'} if size > 100000 else KINDS))
    return KINDS[name](size, rnd.randint(1, 7) if name == 'noisy' else rnd.choice((1, 7, 50, 9000)))


if __name__ == '__main__':
    main()
