"""Decodes values with real aiomas and encodes them again.

For each line "CODEC HEX" on stdin, CODEC being json or msgpack, prints "HEX REPR":
what the codec makes of the value that it has read, and how Python prints it.
"""
import binascii
import sys

import aiomas.codecs

CODECS = {'json': aiomas.codecs.JSON(), 'msgpack': aiomas.codecs.MsgPack()}

for line in sys.stdin:
    name, data = line.split()
    value = CODECS[name].decode(binascii.unhexlify(data))
    print(binascii.hexlify(CODECS[name].encode(value)).decode(), ascii(value))
