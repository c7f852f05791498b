"""The texts of exceptions, which go to the peer, as aiomas writes them."""

from __future__ import annotations

import types
from typing import Any, Iterator, List, Optional, Set

from aiomas import rpc  # type: ignore[import-untyped]

# aiomas_compat has replaced it, or someone else, whose connections stay as they are.
HANDLE_REQUEST: Any = getattr(rpc._handle_request, '__wrapped__', rpc._handle_request)

_PACKAGE = __name__.partition('.')[0]


def through_aiomas(exc: BaseException, awaited: bool) -> None:
    """Give *exc* the traceback that it has where aiomas catches it: let ``_handle_request()`` call, or
    await, what raises it."""
    again = _Again(exc, awaited)
    handling = HANDLE_REQUEST(again, again, again)
    try:
        handling.send(None)
    except (StopIteration, type(exc)):
        pass
    for e in _chain(exc):
        e.__traceback__ = _without_ours(e.__traceback__)


class _Again:
    """A request, a loop and a router, whose one function fails in the same way."""

    def __init__(self, exc: BaseException, awaited: bool) -> None:
        self.content: Any = ('', (), {})
        self._exc = exc
        self._awaited = awaited

    def resolve(self, path: str) -> Any:
        return self._awaitable if self._awaited else self._raise

    def create_task(self, coroutine: Any) -> Any:
        return coroutine

    def _raise(self) -> None:
        raise self._exc

    async def _awaitable(self) -> None:
        raise self._exc

    async def fail(self, exc: BaseException) -> None:
        pass


def _chain(exc: Optional[BaseException]) -> Iterator[BaseException]:
    """Yield *exc* and all exceptions that its text tells of."""
    seen: Set[int] = set()
    left: List[Any] = [exc]
    while left:
        e = left.pop()
        if isinstance(e, BaseException) and id(e) not in seen:
            seen.add(id(e))
            yield e
            left += [e.__cause__, e.__context__]
            left += getattr(e, 'exceptions', None) or ()


def _without_ours(traceback: Optional[types.TracebackType]) -> Optional[types.TracebackType]:
    frames = []
    while traceback is not None:
        name = traceback.tb_frame.f_globals.get('__name__', '')
        if name.partition('.')[0] != _PACKAGE:
            frames.append(traceback)
        traceback = traceback.tb_next
    rest = None
    for frame in reversed(frames):
        if frame.tb_next is not rest:
            frame = types.TracebackType(rest, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
        rest = frame
    return rest
