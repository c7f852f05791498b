"""asyncio as aiomas knew it: with functions that take the argument ``loop=``.

aiomas hands over the loop that it runs in, so to leave the argument out changes nothing.
Only the modules of aiomas see this one, in the place of asyncio.
"""

from __future__ import annotations

import asyncio
import sys
import types
from typing import Any, Awaitable, Coroutine, Optional

Loop = Optional[asyncio.AbstractEventLoop]


def needed() -> bool:
    return sys.version_info >= (3, 10)


class _AsyncioWithLoop(types.ModuleType):
    """asyncio, but for the functions below."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    def __dir__(self) -> Any:
        return dir(asyncio)

    @staticmethod
    def sleep(delay: float, result: Any = None, *, loop: Loop = None) -> Coroutine[Any, Any, Any]:
        return asyncio.sleep(delay, result)

    @staticmethod
    def gather(*awaitables: Awaitable[Any], loop: Loop = None, return_exceptions: bool = False) -> Any:
        return asyncio.gather(*awaitables, return_exceptions=return_exceptions)

    @staticmethod
    def Queue(maxsize: int = 0, *, loop: Loop = None) -> asyncio.Queue[Any]:
        return asyncio.Queue(maxsize)


def without_loop(original: types.ModuleType) -> types.ModuleType:
    return _AsyncioWithLoop(original.__name__, original.__doc__)
