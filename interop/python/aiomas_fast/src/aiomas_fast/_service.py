"""Requests of the peer: from the message to the answer without a task for each.

A function gets what it gets from aiomas: a context of its own, a current task, its place among the
others.  A coroutine gets a task of its own.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
from typing import Any, List, Optional, Tuple

from aiomas import rpc  # type: ignore[import-untyped]
from aiomas.channel import RESULT, Header  # type: ignore[import-untyped]

from . import _failures
from ._wire import Wire, never_retrieved

_pack = Header.pack

Requests = List[Tuple[Any, Any]]  # id and content

# Not in the documentation, but what other event loops use as well.
_enter_task: Any = asyncio.tasks._enter_task
_leave_task: Any = asyncio.tasks._leave_task

# Types that asyncio.iscoroutine() need not be asked about.
_PLAIN = frozenset([int, str, float, bool, type(None), list, dict, tuple, bytes])


class Service:
    """What handles the requests of one connection, while its service process waits for them."""

    def __init__(self, wire: Wire, router: Any, answers_cancelled: bool) -> None:
        self.wire = wire
        self.protocol = wire.protocol
        self.encode = wire.encode
        self.router = router
        self.loop = wire.loop
        self.task: Any = asyncio.current_task()
        self.context = contextvars.copy_context()
        # aiomas leaves the caller of a function that was cancelled without an answer, aiomas_compat does not.
        self.answers_cancelled = answers_cancelled

    def waits(self) -> bool:
        """Tell whether the service process would take a request now."""
        waiter = self.wire.channel._waiter
        return waiter is not None and not waiter.done()

    # --- when --------------------------------------------------------------

    def now(self, requests: Requests) -> None:
        """Handle what was read, at once if aiomas would as well, because nothing else is ready."""
        if self.wire.ready or asyncio._get_running_loop() is not self.loop:
            self.later(requests)
            return
        try:
            _enter_task(self.loop, self.task)
        except RuntimeError:  # it is a task that reads
            self.later(requests)
        else:
            self._run(requests)

    def later(self, requests: Requests) -> None:
        """Handle *requests* when aiomas does: in the next turn its service process takes them."""
        self.loop.call_soon(self._take, requests, self.wire.channel._waiter, context=self.context)

    def _take(self, requests: Requests, waiter: Any) -> None:
        if waiter.cancelled():
            return  # and so is the service process
        if self.wire.ready:
            self.loop.call_soon(self._begin, requests, context=self.context)
        else:
            self._begin(requests)

    def _begin(self, requests: Requests) -> None:
        _enter_task(self.loop, self.task)
        self._run(requests)

    def _run(self, requests: Requests) -> None:
        wire = self.wire
        copy = self.context.copy
        handle = self.handle
        done = 0
        try:
            for request in requests:
                if done and wire.out and not wire.scheduled:
                    wire.write_soon()  # what the next function does may have to come after that
                done += 1
                copy().run(handle, request)
        finally:
            _leave_task(self.loop, self.task)
            if done < len(requests):  # the program is being interrupted
                self.loop.call_soon(self._begin, requests[done:], context=self.context)
        if wire.out and not wire.scheduled:
            wire.settle()

    # --- what --------------------------------------------------------------

    def handle(self, request: Tuple[Any, Any]) -> None:
        """Do what ``_handle_request()`` of aiomas does."""
        message_id, content = request
        failed: Optional[BaseException] = None
        try:
            path, args, kwargs = content
            function = self.router.resolve(path)
        except Exception as exc:
            failed = exc
        # What follows a failure is not in the except clause: all that is raised there tells of it.
        if failed is not None:
            self._unresolved(message_id, content, isinstance(failed, LookupError))
            return
        try:
            result = function(*args, **kwargs)
            if type(result) not in _PLAIN and asyncio.iscoroutine(result):
                task = self.loop.create_task(result)
                task.add_done_callback(functools.partial(self._finish, message_id), context=contextvars.copy_context())
                return
        except BaseException as exc:
            failed = exc
        if failed is not None:
            self._failed(message_id, failed, False)
            return
        self._reply(message_id, result)

    def _finish(self, message_id: Any, task: Any) -> None:
        """The coroutine of a request has ended."""
        failed: Optional[BaseException] = None
        try:
            result = task.result()
        except BaseException as exc:
            failed = exc
        if failed is not None:
            self._failed(message_id, failed, True)
        else:
            self._reply(message_id, result)
        wire = self.wire
        if wire.out and not wire.scheduled:
            wire.settle()

    # --- answers -----------------------------------------------------------

    def _reply(self, message_id: Any, result: Any) -> None:
        wire = self.wire
        if self.protocol._connection_lost is None:
            try:
                data = self.encode((RESULT, message_id, result))
                wire.out.append(_pack(len(data)) + data)
                return
            except Exception:
                pass  # once more by aiomas
        self._step(self._request(message_id, None).reply(result))

    def _failed(self, message_id: Any, exc: BaseException, awaited: bool) -> None:
        if isinstance(exc, asyncio.CancelledError):
            # At the end of the loop all tasks are cancelled, and nobody wants an answer.
            if not self.answers_cancelled or not self.waits() and self.protocol._connection_lost is None:
                return
        elif isinstance(exc, (SystemExit, KeyboardInterrupt)):
            raise exc
        elif not isinstance(exc, Exception):
            never_retrieved(self.loop, exc)
            return
        _failures.through_aiomas(exc, awaited)
        self._step(self._request(message_id, None).fail(exc))

    def _unresolved(self, message_id: Any, content: Any, answered: bool) -> None:
        handling = _failures.HANDLE_REQUEST(self._request(message_id, content), self.loop, self.router)
        if answered:
            self._step(handling)
        else:
            self.loop.create_task(handling)  # fails, and the log tells of it

    def _request(self, message_id: Any, content: Any) -> Any:
        return rpc.channel.Request(content, message_id, self.protocol)

    def _step(self, coroutine: Any) -> None:
        """Run a coroutine of aiomas up to where it waits for its message to be written.  What comes
        after that is nothing."""
        try:
            coroutine.send(None)
        except (StopIteration, ConnectionResetError):
            pass
        except Exception as exc:
            never_retrieved(self.loop, exc)
        finally:
            coroutine.close()
