"""An answer for the caller of a function that was cancelled.

If it is the task that handles the request which is cancelled, because the loop is being shut down,
then nobody can send an answer any more, and waiting for that would hold the shutdown up for ever.
So the two have to be told apart.
"""

from __future__ import annotations

import asyncio
import functools
import sys
from typing import Any, Awaitable, Callable

Handle = Callable[[Any, asyncio.AbstractEventLoop, Any], Awaitable[None]]


def needed() -> bool:
    """Tell whether ``except Exception``, as aiomas has it, lets a CancelledError pass."""
    return not issubclass(asyncio.CancelledError, Exception)


def handle_request(original: Handle) -> Handle:
    handle = _handle if sys.version_info >= (3, 11) else _handle_in_task

    @functools.wraps(original)
    async def handle_request(request: Any, loop: asyncio.AbstractEventLoop, router: Any) -> None:
        try:
            await handle(original(request, loop, router))
        except _FunctionCancelled as exc:
            try:
                await request.fail(exc.__cause__)
            except ConnectionResetError:
                pass

    return handle_request


class _FunctionCancelled(Exception):
    """It was the function that was cancelled."""


async def _handle(handling: Awaitable[None]) -> None:
    try:
        await handling
    except asyncio.CancelledError as exc:
        task = asyncio.current_task()
        if sys.version_info < (3, 11) or task is None or task.cancelling():
            raise
        raise _FunctionCancelled from exc


async def _handle_in_task(handling: Awaitable[None]) -> None:
    """Do the same where tasks do not know whether they are being cancelled: who waits for
    another task gets no CancelledError when that one is cancelled."""
    task = asyncio.ensure_future(handling)
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        task.cancel()
        raise
    try:
        task.result()
    except asyncio.CancelledError as exc:
        raise _FunctionCancelled from exc
