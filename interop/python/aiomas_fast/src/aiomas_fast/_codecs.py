"""Encoding and decoding without making an encoder and a decoder for each message.

A pair of functions does what ``encode()`` and ``decode()`` of a codec do, for codecs that are exactly
what aiomas made them.  What cannot be decoded is given to the codec itself, so that errors are its own;
if encoding fails, the caller does that.
"""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from aiomas import codecs  # type: ignore[import-untyped]

Encode = Callable[[Any], bytes]
Decode = Callable[[bytes], Any]


class Coder(NamedTuple):
    """How the messages of one connection are written and read."""

    encode: Encode
    decode: Decode


def coder(codec: Any) -> Coder:
    """Return the fastest coder there is for *codec*."""
    cls = type(codec)
    if why_plain(cls) is not None or not vars(codec).keys() <= {'_serializers', '_deserializers'}:
        return Coder(codec.encode, lambda data: codec.decode(bytearray(data)))  # aiomas hands over a bytearray
    if cls is codecs.JSON:
        return Coder(_json_encode(codec), _json_decode(codec))
    if cls is codecs.MsgPack:
        return Coder(_msgpack_encode(codec), _msgpack_decode(codec))
    return Coder(_blosc_encode(codec), _blosc_decode(codec))


_SHORT = 2048  # bytes


def why_plain(cls: Any) -> Optional[str]:
    """Return why codecs of this class are used as they are, or ``None`` if they are not."""
    if cls not in _METHODS:
        return 'not a codec of aiomas'
    replaced = _replaced(cls)
    if replaced:
        return '%s was replaced' % replaced
    if cls is codecs.JSON:
        if _make_encoder is None or _make_scanner is None:
            return 'the json module has no C accelerator'
        if codecs.json is not json or (json.dumps, json.loads) != _JSON_FUNCTIONS:
            return 'the json module was replaced'
        return None
    if codecs.msgpack is None or cls is codecs.MsgPackBlosc and codecs.blosc is None:
        return 'not installed'
    if codecs.msgpack.version < (0, 6, 2):
        return 'msgpack is older than 0.6.2'
    if codecs.msgpack.version >= (1, 0) and not _is_compat(cls.decode):
        return 'msgpack 1.0 and newer need aiomas_compat'
    return None


def _own(cls: Any) -> Dict[str, Any]:
    return {name: vars(cls)[name] for name in ('encode', 'decode') if name in vars(cls)}


_METHODS = {cls: _own(cls) for cls in (codecs.JSON, codecs.MsgPack, codecs.MsgPackBlosc)}
_HOOKS = codecs.Codec.serialize_obj, codecs.Codec.deserialize_obj
_JSON_FUNCTIONS = json.dumps, json.loads


def _replaced(cls: Any) -> Optional[str]:
    for name, method in _METHODS[cls].items():
        now = vars(cls).get(name)
        original = now if not _is_compat(now) else getattr(now, '__wrapped__', None)
        if original is None or original.__globals__ is not vars(codecs):
            return '%s.%s' % (cls.__name__, name)
        if now is not method and not _is_compat(now):
            return '%s.%s' % (cls.__name__, name)
    if (cls.serialize_obj, cls.deserialize_obj) != _HOOKS:
        return '%s.serialize_obj or deserialize_obj' % cls.__name__
    return None


def _is_compat(function: Any) -> bool:
    return getattr(function, '__aiomas_compat__', None) is True


# --- JSON ------------------------------------------------------------------

_make_encoder: Any = json.encoder.c_make_encoder  # type: ignore[attr-defined]
_make_scanner: Any = json.scanner.c_make_scanner  # type: ignore[attr-defined]


def _json_encode(codec: Any) -> Encode:
    join = ''.join

    def make() -> Any:
        # The first argument is where the encoder keeps what it is in, to find circles.
        return _make_encoder({}, codec.serialize_obj, json.encoder.encode_basestring_ascii, None, ': ', ', ',
                             False, False, True)

    encoder = make()

    def encode(message: Any) -> bytes:
        nonlocal encoder
        try:
            return join(encoder(message, 0)).encode()
        except BaseException:
            encoder = make()  # the other one may believe to be in something still
            raise

    return encode


def _json_decode(codec: Any) -> Decode:
    scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
    scan_with_hook = json.JSONDecoder(object_hook=codec.deserialize_obj).scan_once  # type: ignore[attr-defined]

    def decode(data: bytes) -> Any:
        try:
            text = str(data, 'utf-8')
            # The hook does something only if there is a key __type__, which may be written with escapes.
            # To look for a text is slow in a long one, for a character it is not.
            if ('__type__' in text or '\\u00' in text) if len(text) < _SHORT else ('_' in text or '\\' in text):
                value, end = scan_with_hook(text, 0)
            else:
                value, end = scan(text, 0)
            if end == len(text):
                return value
        except (Exception, StopIteration):
            pass
        return codec.decode(bytearray(data))

    return decode


# --- MessagePack -----------------------------------------------------------

# Packers that are used again, by whatever codec needs one, each with the place of the function that
# serialises what it cannot.  A packer has a buffer of up to a megabyte, and to make one for each message
# costs more than the message.
_free: List[Tuple[Any, List[Any]]] = []  # pop() and append() are atomic

_LARGEST_KEPT = 1 << 24  # of a packer that is used again


def _new_packer() -> Tuple[Any, List[Any]]:
    serialize: List[Any] = [None]
    packer = codecs.msgpack.Packer(default=lambda obj: serialize[0](obj), use_bin_type=True)
    return packer.pack, serialize


def _msgpack_encode(codec: Any) -> Encode:
    serialize = codec.serialize_obj
    take, put, largest = _free.pop, _free.append, _LARGEST_KEPT

    def encode(message: Any) -> bytes:
        try:
            packer = take()
        except IndexError:
            packer = _new_packer()
        pack, place = packer
        place[0] = serialize
        data: bytes = pack(message)  # one that fails is not used again
        place[0] = None
        if len(data) < largest:
            put(packer)
        return data

    return encode


def _msgpack_decode(codec: Any) -> Decode:
    unpack = _unpack(codec)

    def decode(data: bytes) -> Any:
        try:
            if b'\xff' not in data or not _may_have_timestamp(data):
                return unpack(data)
        except Exception:
            pass
        return codec.decode(bytearray(data))

    return decode


# How extensions of type -1 begin, timestamps, which aiomas_compat refuses as msgpack 0.6 did.
_TIMESTAMPS: Tuple[bytes, ...] = (b'\xd6\xff', b'\xd7\xff') + tuple(
    head + bytes([size]) + b'\xff' for head in (b'\xc7', b'\xc8\0', b'\xc9\0\0\0') for size in (4, 8, 12))


_TIMESTAMP = re.compile(b'|'.join(map(re.escape, _TIMESTAMPS)), re.DOTALL)  # quicker in a few bytes


def _may_have_timestamp(data: bytes) -> bool:
    if len(data) < _SHORT:
        return _TIMESTAMP.search(data) is not None
    for head in _TIMESTAMPS:
        if head in data:
            return True
    return False


def _unpack(codec: Any) -> Decode:
    """Return what unpacks, with the hook only where there may be a key for it."""
    unpackb, hook, short = codecs.msgpack.unpackb, codec.deserialize_obj, _SHORT

    def unpack(data: bytes) -> Any:
        if (b'__type__' if len(data) < short else b'_') in data:
            return unpackb(data, use_list=False, raw=False, strict_map_key=False, object_hook=hook)
        return unpackb(data, use_list=False, raw=False, strict_map_key=False)

    return unpack


def _blosc_encode(codec: Any) -> Encode:
    pack = _msgpack_encode(codec)

    def encode(message: Any) -> bytes:
        data: bytes = codecs.blosc.compress(pack(message), codecs.TYPESIZE)
        return data

    return encode


def _blosc_decode(codec: Any) -> Decode:
    unpack = _unpack(codec)

    def decode(data: bytes) -> Any:
        try:
            packed = codecs.blosc.decompress(data)
            if b'\xff' not in packed or not _may_have_timestamp(packed):
                return unpack(packed)
        except Exception:
            pass
        return codec.decode(bytearray(data))

    return decode
