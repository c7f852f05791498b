"""Servers that, once closed, wait for nobody.

Up to Python 3.11 ``wait_closed()`` of a closed server returned at once, and aiomas, its guides
and programs written for it count on that.
"""

from __future__ import annotations

import asyncio
import functools
import sys
from typing import Any, Awaitable, Callable

StartServer = Callable[..., Awaitable[Any]]


def needed() -> bool:
    return sys.version_info >= (3, 12)


def start_server(original: StartServer) -> StartServer:
    @functools.wraps(original)
    async def start_server(*args: Any, **kwds: Any) -> Any:
        server = await original(*args, **kwds)
        if isinstance(server, asyncio.Server):  # not a local queue's, nor that of another loop
            server.wait_closed = functools.partial(_wait_closed, server, server.wait_closed)  # type: ignore[method-assign]
        return server

    return start_server


async def _wait_closed(server: asyncio.Server, original: Callable[[], Awaitable[None]]) -> None:
    if server.sockets:
        await original()
