"""Payloads that Python never writes but may receive: what its decoders make of them.

Both what they accept beyond their own style and what they refuse is recorded,
so that another implementation can choose where to be stricter.
"""

JSON = [
    # other style, same values
    '[1,2]', ' [1 , 2 ] ', '\t\r\n1\n', '{"a":1}', '{ "a" :\n1 , "b":2 }', '1E5', '1e5', '1E+5', '1e-5', '12e0',
    '1.50', '0.10e1', '-0', '-0.0', '-0e0', '1e400', '-1e400', '1e-400', '0.1e-6', '123456789012345678901234567890',
    '1' + '0' * 4299, '-' + '9' * 4300, '1' + '0' * 4300, '0.' + '3' * 400, '9' * 400 + '.0', '9' * 400 + 'e0',
    '17976931348623158e292', '179769313486231580793e289', '2.2250738585072011e-308', '4.9406564584124654e-324',
    '2.4703282292062327e-324', '2.4703282292062328e-324', '9007199254740993.0', '9007199254740993e0',
    '100000000000000000000000', '1.7976931348623157e308', '1.7976931348623159e308',
    '{"a": 1, "a": 2}', '{"a": 1, "b": 2, "a": 3}', '{"": 0, "": 1}',
    '"\\/"', '"\\b\\f\\n\\r\\t\\"\\\\"', '"\\u0041\\u00E9\\u00e9"', '"\u00e9\u20ac\U0001f600"', '"\x7f"', '"\u2028"',
    '"\\ud83d\\ude00"', '"\\uD83D\\uDE00"', '"\\ud800"', '"\\udc00"', '"\\ud800\\ud800"', '"\\ude00\\ud83d"',
    '"\\ud83dx"', '"\\ud83d\\n"', '"\\ud83d\\u0041"', '"\\ud83d\u00e9"', '"\\ud83d\\ud83d\\ude00"', '"\\u0000"', '"\\uffff"',
    'NaN', 'Infinity', '-Infinity', '[NaN, -Infinity]', '{"NaN": NaN}',
    # refused
    '', ' ', '01', '-01', '00', '1.', '.5', '-.5', '+1', '-', '--1', '1e', '1e+', '1.e5', '0x10', '1_000', '1 2', '1,',
    'nan', '-NaN', 'Inf', '+Infinity', 'infinity', 'tru', 'truee', 'True', 'None', 'nul', 'undefined',
    '[', ']', '[1', '[1,', '[1,]', '[,1]', '[1 2]', '[1]]', '{', '}', '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1,}',
    '{"a" 1}', '{1:2}', '{a:1}', "{'a':1}", '{null:1}', '{"a":1}{', "'a'", '"', '"a', '"\\"', '"\\a"', '"\\x41"', '"\\U0041"',
    '"\\u"', '"\\u12"', '"\\u 123"', '"\\u+123"', '"\\u0x12"', '"\\u12g4"', '"\t"', '"\n"', '"\x00"', '"\x1f"',
    '\ufeff1', '\u20281', '\xa01', '\x0c1', '\x0b1', '[1]\x00', '\x00', '// c\n1', '/* c */1', '\u0661', '1\u0661',
    # custom types
    '{"__type__": [0, {"x": 1, "y": 2}]}', '{"__type__": [0, {"y": 2, "x": 1}], "more": 3}',
    '{"before": 1, "__type__": [0, {"x": 1, "y": 2}]}', '[{"__type__": [1, [1.0, 2.0]]}]', '{"__type__": [1, [1, 2]]}',
    '{"__type__": [2, null]}', '{"__type__": [-1, null]}', '{"__type__": [9, 1]}', '{"__type__": 5}', '{"__type__": []}',
    '{"__type__": [0]}', '{"__type__": [0, {"x": 1}]}', '{"__type__": [0, {"x": 1, "y": 2, "z": 3}]}', '{"__type__": [0, 1]}',
    '{"__type__": [0, {}, 1]}', '{"__type__": null}', '{"__type__": ["0", 1]}', '{"__type__": [0.0, {"x": 1, "y": 2}]}',
    '{"__type__": [true, [1.0, 2.0]]}', '{"__type__": "ab"}',
]

# Bytes that are no UTF-8, in hex.
JSON_BYTES = [
    '22ff22', '22c322', '22c3a922', '22eda08022', '22edbfbf22', '22f490808022', '22c08022', '22e282ac22', '22e28222',
    '22f09f988022', 'ff', 'c3a9', 'efbbbf31', '31ff',
]

MSGPACK = [
    # every form that is longer than need be
    'cc01', 'ccff', 'cd0001', 'ce00000001', 'cf0000000000000001', 'd001', 'd10001', 'd200000001', 'd30000000000000001',
    'd0ff', 'd0e0', 'd1ffff', 'd2ffffffff', 'd3ffffffffffffffff', 'd37fffffffffffffff', 'd38000000000000000',
    'cf7fffffffffffffff', 'cf8000000000000000', 'cfffffffffffffffff',
    'ca3fc00000', 'ca7f800000', 'caff800000', 'ca7fc00000', 'ca80000000', 'ca00000001', 'ca7f7fffff', 'ca3dcccccd',
    'cb7ff8000000000001', 'cb7ff0000000000001', 'cbfff8000000000000',
    'd900', 'd90161', 'da000161', 'db0000000161', 'c400', 'c40161', 'c5000161', 'c60000000161',
    'dc0000', 'dc000101', 'dd00000000', 'dd0000000101', 'de0000', 'de00010102', 'df00000000', 'df000000010102',
    # dicts
    '8201020103', '83a16101a16202a16103', '8201020102', '82c30101 02'.replace(' ', ''), '8201a169cb3ff0000000000000a166',
    '81c0c0', '81c3c2', '81cb3ff8000000000000c0', '81c40161c0', '8190c0', '8191c0c0', '81919100c0', '8180c0', '819180c0',
    '81cb7ff8000000000000c0',
    # extension types
    'd40561', 'd5056161', 'd60561616161', 'd7056161616161616161', 'd80561616161616161616161616161616161', 'c7000501',
    'c70005', 'c7010561', 'c800010561', 'c9000000010561', 'd47f00', 'd4ff00', 'd48000', 'd6ff00000000',
    'd7ff0000000000000000', 'c70cff000000000000000000000000', '81d40561c0',
    # refused
    '', 'c1', '91c1', '0101', 'c0c0', '91', '92c0', '81', '81c0', '8101', 'cc', 'cd00', 'ce000000', 'cf00000000000000',
    'ca000000', 'cb00000000000000', 'a1', 'a261', 'd9', 'd901', 'da00', 'da0001', 'db000000', 'db00000001', 'c4', 'c401',
    'c50001', 'c600000001', 'dc', 'dc0001', 'dd00000001', 'de0001', 'df00000001', 'd4', 'd405', 'd805', 'c7', 'c701', 'c70105',
    'ddffffffff', 'dfffffffff', 'dbffffffff', 'c6ffffffff', 'c9ffffffff05',
    'a1ff', 'a1c3', 'a2c3a9', 'a3eda080', 'a3edbfbf', 'a4f4908080', 'a2c080', '81a1ffc0',
    # custom types
    '81a85f5f747970655f5f920082a17801a17902', '82a85f5f747970655f5f920082a17801a17902a16d03',
    '82a16d0381 00'.replace(' ', ''), '81a85f5f747970655f5f9201 92cb3ff0000000000000cb4000000000000000'.replace(' ', ''),
    '81a85f5f747970655f5f9202c0', '81a85f5f747970655f5f92ffc0', '81a85f5f747970655f5f05', '81a85f5f747970655f5f90',
    '81a85f5f747970655f5f9100', '81a85f5f747970655f5f920081a17801', '81a85f5f747970655f5f920001', '81a85f5f747970655f5fc0',
    '81a85f5f747970655f5fdc0002 0082a17801a17902'.replace(' ', ''),
    '81c4085f5f747970655f5f920082a17801a17902',
]

# Nesting around and far past the limits: (codec, n, what opens, what is inside, what closes, kind).
NESTED = [
    ('json', 512, b'[', b'0', b']', 'list'), ('json', 512, b'{"k": ', b'0', b'}', 'dict'),
    ('json', 100000, b'[', b'0', b']', 'list'), ('json', 100000, b'[', b'', b'', 'list'),
    ('json', 100000, b'{"k": ', b'', b'', 'dict'),
    ('msgpack', 512, b'\x91', b'\x00', b'', 'tuple'), ('msgpack', 512, b'\x81\xa1k', b'\x00', b'', 'dict'),
    ('msgpack', 2000000, b'\x91', b'\x00', b'', 'tuple'), ('msgpack', 2000000, b'\x91', b'', b'', 'tuple'),
    ('msgpack', 100000, b'\x81\xa1k', b'\x00', b'', 'dict'),
]


def cases(codec):
    """Yield ``(name, payload)``; all are decoded with the types Point and complex."""
    if codec == 'json':
        for s in JSON:
            yield 'decode/%s' % _short(s), s.encode()
        for h in JSON_BYTES:
            yield 'decode/hex %s' % h, bytes.fromhex(h)
    elif codec == 'msgpack':
        for h in MSGPACK:
            yield 'decode/%s' % _short(h), bytes.fromhex(h)


def nested_cases(codec):
    """Yield ``(name, payload, its recipe, tagged value if it can be decoded)``."""
    for c, n, left, inside, right, kind in NESTED:
        if c == codec:
            name = 'decode/%d nested %ss%s' % (n, kind, '' if inside else ', cut')
            recipe = {'n': n, 'open': left.hex(), 'inside': inside.hex(), 'close': right.hex()}
            tagged = {'t': 'nest', 'of': kind, 'n': n, 'v': {'t': 'int', 'v': '0'}}
            yield name, left * n + inside + right * n, recipe, tagged


def _short(s):
    s = s.encode('unicode_escape').decode()
    return s if len(s) <= 48 else '%s...%s (%d)' % (s[:24], s[-8:], len(s))
