"""What is mended: the list, and the means to replace something once."""

from __future__ import annotations

import functools
import logging
from typing import Any, Callable, NamedTuple, Tuple

import aiomas  # type: ignore[import-untyped]

from . import _asyncio, _clocks, _codecs, _rpc, _servers

logger = logging.getLogger('aiomas_compat')


class Patch(NamedTuple):
    """Something of aiomas that was replaced."""

    target: str
    """Its dotted name, for example ``aiomas.codecs.MsgPack.decode``."""

    reason: str
    """Why aiomas 2.0.1 fails here without it."""


class Mend(NamedTuple):
    """Something that may have to be replaced."""

    target: str
    reason: str
    needed: Callable[[], bool]
    make: Callable[[Any], Any]
    """Returns the replacement for what it is given."""


_NO_LOOP = 'Python 3.10 took the argument loop= of %s() away'

MENDS: Tuple[Mend, ...] = (
    Mend('aiomas.codecs.MsgPack.decode', 'msgpack 1.0 took the argument encoding= of unpackb() away',
         _codecs.needed, _codecs.msgpack_decode),
    Mend('aiomas.codecs.MsgPackBlosc.decode', 'msgpack 1.0 took the argument encoding= of unpackb() away',
         _codecs.needed, _codecs.msgpack_blosc_decode),
    Mend('aiomas.clocks.asyncio', _NO_LOOP % 'sleep', _asyncio.needed, _asyncio.without_loop),
    Mend('aiomas.agent.asyncio', _NO_LOOP % 'gather', _asyncio.needed, _asyncio.without_loop),
    Mend('aiomas.local_queue.asyncio', _NO_LOOP % 'Queue() and gather', _asyncio.needed, _asyncio.without_loop),
    Mend('aiomas.clocks.ExternalClock.utcnow', 'arrow 0.14.5 took the argument seconds= of Arrow.replace() away',
         _clocks.needed, _clocks.utcnow),
    Mend('aiomas.rpc._handle_request', 'since Python 3.8 CancelledError is no Exception: '
         'the caller of a handler that was cancelled waited for ever', _rpc.needed, _rpc.handle_request),
    Mend('aiomas.channel.start_server', 'since Python 3.12 Server.wait_closed() waits for the clients too: '
         'who awaited it with a client connected waited for ever', _servers.needed, _servers.start_server),
)


def supported() -> bool:
    """Tell whether this aiomas is one that this package is for."""
    return str(aiomas.__version__).startswith('2.0.')


def apply() -> None:
    """Replace all that is needed and was not replaced before."""
    if not supported():
        logger.warning('aiomas %s is not mended: only 2.0.x is known', aiomas.__version__)
        return
    for mend in MENDS:
        if not is_applied(mend) and mend.needed():
            _replace(mend)
            logger.info('replaced %s: %s', mend.target, mend.reason)


def is_applied(mend: Mend) -> bool:
    """Tell whether *mend* has replaced its target."""
    owner, name = _find(mend.target)
    return getattr(getattr(owner, name), '__aiomas_compat__', None) is True


def _replace(mend: Mend) -> None:
    owner, name = _find(mend.target)
    replacement = mend.make(getattr(owner, name))
    replacement.__aiomas_compat__ = True
    setattr(owner, name, replacement)


def _find(target: str) -> Tuple[Any, str]:
    """Return the object that *target* is an attribute of, and its name there."""
    package, *names, last = target.split('.')
    assert package == 'aiomas'
    return functools.reduce(getattr, names, aiomas), last
