"""The MessagePack codecs on msgpack 1.0 and newer.

What they write has never changed.  What they read is the same too, with the settings that
were the defaults of msgpack 0.6: keys of any type, and no timestamps.
"""

from __future__ import annotations

import functools
import warnings
from typing import Any, Callable, Dict, Tuple

import aiomas.codecs  # type: ignore[import-untyped]

msgpack = aiomas.codecs.msgpack  # None if it is not installed
blosc = aiomas.codecs.blosc

Decode = Callable[[Any, bytes], Any]


def needed() -> bool:
    """Tell whether msgpack is there and knows ``encoding=`` no more."""
    if msgpack is None:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # msgpack 0.6 says that it is deprecated
        try:
            msgpack.unpackb(b'\xc0', encoding='utf-8')
        except TypeError:
            return True
    return False


def msgpack_decode(original: Decode) -> Decode:
    @functools.wraps(original)
    def decode(self: Any, data: bytes) -> Any:
        return _unpack(self, data)

    return decode


def msgpack_blosc_decode(original: Decode) -> Decode:
    @functools.wraps(original)
    def decode(self: Any, data: bytes) -> Any:
        return _unpack(self, blosc.decompress(bytes(data)))

    return decode


def _unpack(codec: Any, data: bytes) -> Any:
    # To look for one byte costs a sixth of to look for all of them.
    if b'\xff' in data and any(head in data for head in _TIMESTAMPS):
        return _unpack_without_timestamps(codec, data)
    return msgpack.unpackb(data, object_hook=codec.deserialize_obj, use_list=False, raw=False, strict_map_key=False)


# How a timestamp begins: an extension of type -1 with 4, 8 or 12 bytes.
_TIMESTAMPS: Tuple[bytes, ...] = (b'\xd6\xff', b'\xd7\xff') + tuple(
    head + bytes([size]) + b'\xff' for head in (b'\xc7', b'\xc8\0', b'\xc9\0\0\0') for size in (4, 8, 12))


def _unpack_without_timestamps(codec: Any, data: bytes) -> Any:
    """Decode what may hold a timestamp, or only bytes that look like one.

    msgpack 0.6 knew none, and refused the type; no aiomas peer ever wrote one.
    """
    timestamp = msgpack.Timestamp

    def refuse_in_list(items: Tuple[Any, ...]) -> Tuple[Any, ...]:
        if timestamp in map(type, items):
            raise _no_timestamp()
        return items

    def refuse_in_dict(entries: Dict[Any, Any]) -> Any:
        if timestamp in map(type, entries) or timestamp in map(type, entries.values()):
            raise _no_timestamp()
        return codec.deserialize_obj(entries)

    value = msgpack.unpackb(data, object_hook=refuse_in_dict, list_hook=refuse_in_list,
                            use_list=False, raw=False, strict_map_key=False)
    if type(value) is timestamp:
        raise _no_timestamp()
    return value


def _no_timestamp() -> ValueError:
    return ValueError('MessagePack timestamps are not part of the protocol')
