"""An answer for the caller of a function that was cancelled.

If it is the task that handles the request which is cancelled, because the loop is being shut down,
then nobody can send an answer any more, and waiting for that would hold the shutdown up for ever.
So the two have to be told apart.  No task is added for that: functions would begin one turn of the
event loop later, and after others that they come before.
"""

from __future__ import annotations

import asyncio
import functools
import sys
from typing import Any, Awaitable, Callable, Generator, Optional

Handle = Callable[[Any, asyncio.AbstractEventLoop, Any], Awaitable[None]]


def needed() -> bool:
    """Tell whether ``except Exception``, as aiomas has it, lets a CancelledError pass."""
    return not issubclass(asyncio.CancelledError, Exception)


def handle_request(original: Handle) -> Handle:
    handle: Callable[[Any], Awaitable[None]] = _handle if sys.version_info >= (3, 11) else _Handling

    @functools.wraps(original)
    async def handle_request(request: Any, loop: asyncio.AbstractEventLoop, router: Any) -> None:
        try:
            await handle(original(request, loop, router))
        except _FunctionCancelled as exc:
            assert exc.__cause__ is not None and exc.__cause__.__traceback__ is not None
            # The caller sees what aiomas would have caught: without what is in this module.
            cancelled = exc.__cause__.with_traceback(exc.__cause__.__traceback__.tb_next)
            try:
                await request.fail(cancelled)
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


class _Handling:
    """Does the same where tasks do not know whether they are being cancelled.  A task that is
    cancelled cancels what it waits for, so the task gets something to wait for that tells."""

    def __init__(self, handling: Any) -> None:
        self._handling = handling

    def __await__(self) -> Generator[Any, None, None]:
        try:
            waits_for: Optional[_WaitsFor] = None
            step = functools.partial(self._handling.send, None)
            while True:
                try:
                    future = step()
                except StopIteration:
                    return
                waits_for = None if future is None else _WaitsFor(future)  # None: one turn
                try:
                    yield waits_for
                except BaseException as exc:
                    assert exc.__traceback__ is not None  # begins with this frame, which no caller is to see
                    step = functools.partial(self._handling.throw, exc.with_traceback(exc.__traceback__.tb_next))
                else:
                    step = functools.partial(self._handling.send, None)
        except asyncio.CancelledError as exc:
            if waits_for is not None and waits_for.was_cancelled:
                raise
            raise _FunctionCancelled from exc


class _WaitsFor:
    """A future as a task sees it, which remembers that the task has cancelled it."""

    def __init__(self, future: Any) -> None:
        future._asyncio_future_blocking = False
        self._asyncio_future_blocking = True
        self._future = future
        self.was_cancelled = False

    def cancel(self, *args: Any, **kwds: Any) -> bool:
        self.was_cancelled = True
        cancelled: bool = self._future.cancel(*args, **kwds)
        return cancelled

    def __getattr__(self, name: str) -> Any:
        return getattr(self._future, name)
