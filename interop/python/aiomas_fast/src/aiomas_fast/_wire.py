"""The bytes of one connection: messages out of what is read, and many messages in one write.

aiomas needs two to four turns of the event loop from one step to the next, and what else is ready in
these turns comes in between.  Here a step is taken at once if nothing else is ready, since then nothing
can come in between but what arrives from outside, which might as well have arrived later.  Otherwise
each step waits for the turn in which aiomas takes it.
"""

from __future__ import annotations

import asyncio
import collections
import contextvars
import functools
from typing import Any, Deque, List, Tuple

from aiomas import channel as channels  # type: ignore[import-untyped]

from . import _codecs

_HEADER = channels.Header.size
_unpack_from = channels.Header.unpack_from

# How much a transport reads at once.  A buffer of 256 KiB, asyncio's default, is new memory each
# time, and costs two page faults.  For large messages that is less than more reads cost.
_READ, _READ_LARGE, _SMALL_AGAIN = 1 << 16, 1 << 18, 16

# How much is written at once: as much as it takes for a transport to pause its protocol.
_WRITE = 1 << 16


# What the system's allocator keeps at most for large messages.
_MOST_MEMORY = (1 << 24) - 1


@functools.lru_cache(maxsize=None)
def _keep_memory(bits: int) -> None:
    """See to it that the system's allocator keeps memory of that size for the next large message.

    That of the GNU C library gives it back, and each message costs a page fault for each of its pages,
    until something as large was freed once.  The pages of this are never touched.
    """
    bytearray(1 << bits)


class Wire:
    """What is fast of a connection: an attribute of its protocol and its channel."""

    def __init__(self, protocol: Any, transport: Any) -> None:
        self.protocol = protocol
        self.channel = protocol.channel
        self.transport = transport
        self.loop = protocol._loop
        self.call_soon = self.loop.call_soon
        self.create_future = self.loop.create_future
        self.context = contextvars.copy_context()
        self.ready = ready_callbacks(self.loop)
        self.encode, self.decode = _codecs.coder(protocol.codec)
        self.service: Any = None  # what handles requests, if it is fast too

        self._kept = bytearray()  # of a message that is not yet here as a whole
        self._missing = 0  # bytes, at least
        self._large = 0  # after so many small reads the buffer is small again
        self._resizable = getattr(transport, 'max_size', 0) == _READ_LARGE
        if self._resizable:
            transport.max_size = _READ

        self.requests: List[bytes] = []  # that are sent together
        self.place: Any = None  # where that is in the next turn
        self.out: List[bytes] = []  # messages
        self.scheduled = False  # write() is going to be called
        self._taken = 0  # how many were taken out of it
        # Who waits until so many are taken out, and the transport has room again.
        self._waiters: Deque[Tuple[int, Any]] = collections.deque()
        self._broken = False  # the transport cannot be written to

    # --- reading -----------------------------------------------------------

    def received(self, data: Any) -> None:
        """Take what was read, and hand over the messages in it."""
        if self._kept:
            self._kept += data
            self._missing -= len(data)
            if self._missing > 0:
                return
            data, self._kept = self._kept, bytearray()
        size = len(data)
        if self._large and size < _READ:
            self._large -= 1
            if not self._large:
                self.transport.max_size = _READ
        requests = self._messages(data, size)
        if requests:
            del data  # large ones are memory that the answer can have
            self.service.now(requests)

    def _messages(self, data: Any, size: int) -> List[Any]:
        """Hand over what comes in *data*, and return the requests that are still to be handled."""
        channel, decode = self.channel, self.decode
        waiting = channel._out_messages
        service = self.service
        serves = service is not None and service.waits()
        requests: List[Any] = []
        placed = False  # the requests have a place in the next turn
        begin, end = 0, _HEADER
        try:
            while end <= size:
                end += _unpack_from(data, begin)[0]
                if end > size:
                    break
                if end - begin == size and type(data) is bytearray:
                    del data[:_HEADER]  # which does not copy the rest
                    payload: Any = data
                else:
                    payload = data[begin + _HEADER:end]
                begin, end = end, end + _HEADER
                kind, message_id, content = decode(payload)
                if kind == 0 and serves:
                    requests.append((message_id, content))
                    continue
                if requests and not placed:
                    placed = True
                    service.later(requests)
                if kind == 1:
                    reply = waiting.pop(message_id)
                    try:
                        reply.set_result(content)
                        continue
                    except asyncio.InvalidStateError:
                        waiting[message_id] = reply
                try:
                    channel._feed_data(kind, message_id, content)
                except RuntimeError as exc:
                    channel._set_exception(exc)
                serves = service is not None and service.waits()
        except BaseException:
            if requests and not placed:
                service.later(requests)
            raise
        finally:
            if begin < size:
                self._keep(data, begin, end, size)
        return [] if placed else requests

    def _keep(self, data: Any, begin: int, end: int, size: int) -> None:
        """Keep what came of the next message."""
        self._kept = bytearray(data[begin:])
        self._missing = end - size
        if self._resizable and end - begin > _READ:
            self.transport.max_size = _READ_LARGE
            self._large = _SMALL_AGAIN
            _keep_memory(min(4 * (end - begin), _MOST_MEMORY).bit_length())

    # --- writing -----------------------------------------------------------

    def request(self, data: bytes) -> None:
        """Send a request: aiomas has a task for that, which begins in the next turn.  Further requests
        have the same place there, as long as nothing else gets ready behind it."""
        self.requests = [data]
        self.place = self.call_soon(self._send, self.requests, context=self.context)

    def _send(self, requests: List[bytes]) -> None:
        if requests is self.requests:
            self.requests = []
            self.place = None
        self.out += requests
        if not self.scheduled:
            self.settle()

    def settle(self) -> None:
        """Write what there is: now, or where aiomas would if something else comes before."""
        if self.ready:
            self.write_soon()
        else:
            self.write()

    def write_soon(self) -> None:
        if not self.scheduled:
            self.scheduled = True
            self.call_soon(self.write, context=self.context)

    def write_and_wake(self, data: bytes, waiter: Any) -> None:
        """Write *data* in the next turn, and wake *waiter* when the transport has room for more."""
        self.out.append(data)
        self._waiters.append((self._taken + len(self.out), waiter))
        self.write_soon()

    def write(self) -> None:
        self.scheduled = False
        protocol = self.protocol
        if self._broken or protocol._connection_lost is not None or protocol._task_process_out_msgs.done():
            self.out = []  # aiomas writes no more, either, and wakes nobody
            return
        if protocol._paused:
            return
        if self._waiters:
            self._wake()
        while self.out:
            data = self._take()
            try:
                self.transport.write(data)
            except Exception as exc:
                self._broken = True
                never_retrieved(self.loop, exc)
                return
            if protocol._paused:
                return
            if self._waiters:
                self._wake()

    def _take(self) -> bytes:
        """Take what is written at once."""
        out, self.out = self.out, []
        count = len(out)
        if count > 1 and sum(map(len, out)) > _WRITE:
            size = count = 0
            while size < _WRITE and count < len(out):
                size += len(out[count])
                count += 1
            self.out = out[count:]
            del out[count:]
        self._taken += count
        return out[0] if count == 1 else b''.join(out)

    def _wake(self) -> None:
        while self._waiters and self._waiters[0][0] <= self._taken:
            waiter = self._waiters.popleft()[1]
            if not waiter.done():
                waiter.set_result(None)

    def resumed(self) -> None:
        """The transport has room again."""
        if self.out or self._waiters:
            self.write_soon()


def never_retrieved(loop: asyncio.AbstractEventLoop, exc: BaseException) -> None:
    """Tell of an exception as asyncio does of one that ends a task of aiomas for which nobody waits."""
    loop.call_exception_handler({'message': 'Task exception was never retrieved', 'exception': exc})


def ready_callbacks(loop: asyncio.AbstractEventLoop) -> Any:
    """Return what is empty if nothing else is ready to run in *loop*; never empty if that cannot be known."""
    base = asyncio.BaseEventLoop
    ready = getattr(loop, '_ready', None)
    cls = type(loop)
    if (isinstance(ready, collections.deque) and getattr(cls, '_run_once', None) is base._run_once  # type: ignore[attr-defined]
            and cls.call_soon is base.call_soon):
        return ready
    return (None,)
