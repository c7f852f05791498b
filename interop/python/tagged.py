"""The tagged form: Python values written down in JSON without losing anything.

JSON by itself cannot tell 1 from 1.0, or carry bytes, NaN, tuples, lone
surrogates and dict keys that are no strings.  The golden frames, the random
values and the script mode of client.py therefore spell values like this:

    None, True, False   null, true, false
    int                 {"t": "int", "v": "123"}
    float               {"t": "float", "v": "0x1.8000000000000p+1"}   or "nan", "inf", "-inf";
                        a NaN other than the usual one has its bits: {…, "bits": "fff8000000000000"}
    str                 {"t": "str", "v": "text"}
                        with lone surrogates, as WTF-8 in hex: {"t": "str", "wtf8": "eda080"}
    bytes               {"t": "bytes", "v": "00ff"}
    list, tuple         {"t": "list", "v": […]}, {"t": "tuple", "v": […]}
    dict                {"t": "dict", "v": [[key, value], …]}, in order
    custom type         {"t": "custom", "id": 0, "class": "Point", "data": …}
    ext of MessagePack  {"t": "ext", "id": 5, "data": …}
    proxy               {"t": "proxy", "v": "path/of/the/service"}
    anything else       {"t": "other", "class": "set"}

Big regular values are described instead of listed:

    {"t": "repeat", "of": "str" | "bytes", "n": 3, "v": …}    v, n times over
    {"t": "repeat", "of": "list" | "tuple", "n": 3, "v": …}   n times the element v
    {"t": "repeat", "of": "dict", "n": 3, "v": …}             the keys "0", "1", "2", all with value v
    {"t": "nest", "of": "list" | "tuple" | "dict", "n": 3, "v": …}   v in 3 lists, or 3 dicts with the key "k"
"""

import json
import math
import operator
import struct

NAN_BITS = '7ff8000000000000'


def describe(value, custom=None):
    """Return the tagged form of *value*.

    *custom* is called for objects of other types and returns their tagged form,
    or ``None`` if it does not know them.
    """
    if value is None or value is True or value is False:
        return value
    kind = type(value)
    if kind is int:
        return {'t': 'int', 'v': str(value)}
    if kind is float:
        return _describe_float(value)
    if kind is str:
        return _describe_str(value)
    if kind is bytes:
        return {'t': 'bytes', 'v': value.hex()}
    if kind in (list, tuple):
        return {'t': kind.__name__, 'v': [describe(v, custom) for v in value]}
    if kind is dict:
        return {'t': 'dict', 'v': [[describe(k, custom), describe(v, custom)] for k, v in value.items()]}
    described = custom(value) if custom else None
    if described is None:
        described = {'t': 'other', 'class': kind.__name__}
    return described


def build(tagged, custom=None):
    """Return the value that *tagged* describes.

    *custom* is called with the class name and the data of custom types, and
    with the class name and ``None`` for ``proxy`` and ``other``.
    """
    if tagged is None or isinstance(tagged, bool):
        return tagged
    kind = tagged['t']
    if kind == 'custom':
        return custom(tagged['class'], build(tagged['data'], custom))
    if kind == 'other':
        return custom(tagged['class'], None)
    if kind == 'proxy':
        return custom('Proxy', tagged['v'])
    if kind == 'str' and 'wtf8' in tagged:
        return bytes.fromhex(tagged['wtf8']).decode('utf-8', 'surrogatepass')
    value = tagged['v']
    if kind == 'int':
        return int(value)
    if kind == 'float':
        return _build_float(tagged)
    if kind == 'str':
        return value
    if kind == 'bytes':
        return bytes.fromhex(value)
    if kind in ('list', 'tuple'):
        return _SEQUENCES[kind](build(v, custom) for v in value)
    if kind == 'dict':
        return {build(k, custom): build(v, custom) for k, v in value}
    if kind == 'repeat':
        return _repeat(tagged['of'], tagged['n'], build(value, custom))
    if kind == 'nest':
        return _nest(tagged['of'], tagged['n'], build(value, custom))
    raise ValueError('unknown tag %r' % kind)


def same(a, b, ordered=True):
    """Tell whether *a* and *b* are equal in type and value, bit by bit for floats
    and, if *ordered*, in the order of dict entries."""
    pairs = [(a, b)]  # instead of recursion, which has its limits
    while pairs:
        a, b = pairs.pop()
        kind = type(a)
        if kind is not type(b):
            return False
        if kind in _SCALARS:
            if a != b:
                return False
            continue
        parts_a, parts_b = _parts(a, ordered), _parts(b, ordered)
        if parts_a is not None:
            if len(parts_a) != len(parts_b):
                return False
            pairs.extend(zip(parts_a, parts_b))
        elif kind is float:
            if struct.pack('>d', a) != struct.pack('>d', b):
                return False
        elif a != b:
            return False
    return True


def _parts(value, ordered):
    """Return the values that *value* consists of, or ``None`` if there are no parts."""
    if type(value) in (list, tuple):
        return value
    if type(value) is dict:
        entries = value.items() if ordered else _sorted(value)
        return [part for entry in entries for part in entry]
    if type(value) is complex:
        return value.real, value.imag
    if hasattr(value, '__asdict__'):  # a class with the decorator aiomas.serializable
        return list(value.__asdict__().items())
    return None


def _sorted(value):
    if all(type(k) is str for k in value):
        return sorted(value.items(), key=_key)
    return sorted(value.items(), key=_key_order)


_key = operator.itemgetter(0)


def _key_order(entry):
    return json.dumps(describe(entry[0]))


_SCALARS = (str, int, bytes, bool, type(None))
_SEQUENCES = {'list': list, 'tuple': tuple}


def _describe_float(value):
    if math.isnan(value):
        bits = struct.pack('>d', value).hex()
        return {'t': 'float', 'v': 'nan'} if bits == NAN_BITS else {'t': 'float', 'v': 'nan', 'bits': bits}
    return {'t': 'float', 'v': value.hex()}


def _build_float(tagged):
    if 'bits' in tagged:
        return struct.unpack('>d', bytes.fromhex(tagged['bits']))[0]
    return float.fromhex(tagged['v'])


def _describe_str(value):
    try:
        value.encode()
    except UnicodeEncodeError:
        return {'t': 'str', 'wtf8': value.encode('utf-8', 'surrogatepass').hex()}
    return {'t': 'str', 'v': value}


def _repeat(of, n, value):
    if of in ('str', 'bytes'):
        return value * n
    if of == 'dict':
        return {str(i): value for i in range(n)}
    return _SEQUENCES[of]([value] * n)


def _nest(of, n, value):
    for _ in range(n):
        value = {'k': value} if of == 'dict' else _SEQUENCES[of]([value])
    return value
