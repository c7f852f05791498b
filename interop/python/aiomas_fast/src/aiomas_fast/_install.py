"""What is replaced in aiomas, and what makes a part of it or a connection stay as it is."""

from __future__ import annotations

import functools
import itertools
import logging
import os
from typing import Any, List, NamedTuple, Optional, Tuple

import aiomas  # type: ignore[import-untyped]
from aiomas import channel, codecs, local_queue, rpc

from . import _codecs
from ._failures import HANDLE_REQUEST
from ._service import Service
from ._wire import Wire

_pack = channel.Header.pack

logger = logging.getLogger('aiomas_fast')

_CLASSES = channel.ChannelProtocol, channel.Channel, channel.Request
_NAMES = {cls: cls.__name__ for cls in _CLASSES}


class Part(NamedTuple):
    """A part of aiomas, and whether it is fast for connections that begin now."""

    target: str
    """Its dotted name, for example ``aiomas.codecs.JSON``."""

    fast: bool

    reason: str
    """Why it is not fast; empty if it is."""


# --- the replacements ------------------------------------------------------

_connection_made = channel.ChannelProtocol.connection_made
_data_received = channel.ChannelProtocol.data_received
_write = channel.ChannelProtocol.write
_resume_writing = channel.ChannelProtocol.resume_writing
_send = channel.Channel.send
_rpc_service_process = rpc.rpc_service_process


@functools.wraps(_connection_made)
def connection_made(self: Any, transport: Any) -> None:
    _connection_made(self, transport)
    reason = _why_plain(self, transport)
    if reason is None:
        self._fast = self.channel._fast = Wire(self, transport)
    else:
        logger.debug('a connection stays as it is: %s', reason)


@functools.wraps(_data_received)
def data_received(self: Any, data: bytes) -> None:
    if self._fast is None:
        _data_received(self, data)
    else:
        self._fast.received(data)


@functools.wraps(_write)
async def write(self: Any, len_bytes: bytes, content: bytes) -> None:
    wire = self._fast
    if wire is None or self._connection_lost is not None:
        await _write(self, len_bytes, content)
        return
    done = self._loop.create_future()
    wire.write_and_wake(len_bytes + content, done)
    await done


@functools.wraps(_resume_writing)
def resume_writing(self: Any) -> None:
    _resume_writing(self)
    if self._fast is not None:
        self._fast.resumed()


@functools.wraps(_send)
def send(self: Any, content: Any) -> Any:
    wire = self._fast
    if wire is None or self._exception is not None:
        return _send(self, content)
    message_id = next(self._message_id)
    self._out_messages[message_id] = reply = wire.create_future()
    try:
        data = wire.encode((0, message_id, content))
        data = _pack(len(data)) + data
        if wire.requests and wire.ready and wire.ready[-1] is wire.place:
            wire.requests.append(data)
        else:
            wire.request(data)
    except Exception:
        pass
    else:
        return reply
    # Once more by aiomas, with the same id.
    del self._out_messages[message_id]
    following = next(self._message_id)
    if following == message_id + 1:
        self._message_id = itertools.count(message_id)
    else:  # what encodes has sent something
        self._message_id = itertools.chain([message_id], itertools.count(following))
    return _send(self, content)


@functools.wraps(_rpc_service_process)
async def rpc_service_process(rpc_client: Any, router: Any, channel: Any) -> None:
    wire = getattr(channel, '_fast', None)
    if wire is not None and why_plain_rpc() is None:
        wire.service = Service(wire, router, answers_cancelled=rpc._handle_request is not HANDLE_REQUEST)
    await _rpc_service_process(rpc_client, router, channel)


_REPLACEMENTS: Tuple[Tuple[Any, Any], ...] = (
    (channel.ChannelProtocol, connection_made),
    (channel.ChannelProtocol, data_received),
    (channel.ChannelProtocol, write),
    (channel.ChannelProtocol, resume_writing),
    (channel.Channel, send),
    (rpc, rpc_service_process),
)


# --- stepping back ---------------------------------------------------------

def _functions(cls: Any) -> List[Tuple[str, Any]]:
    return [(name, f) for name, f in vars(cls).items() if callable(f)]


def _foreign() -> Optional[str]:
    """Return the name of what was replaced in the channel before this package was imported."""
    for cls in _CLASSES:
        for name, function in _functions(cls):
            if getattr(function, '__globals__', None) is not vars(channel):
                return 'aiomas.channel.%s.%s' % (cls.__name__, name)
    return None


def _why_nothing() -> Optional[str]:
    if os.environ.get('AIOMAS_FAST') == '0':
        return 'AIOMAS_FAST=0'
    if aiomas.__version__ != '2.0.1':
        return 'aiomas %s is not known' % aiomas.__version__
    foreign = _foreign()
    return foreign and '%s was replaced' % foreign


_nothing = _why_nothing()
_foreign_service = getattr(_rpc_service_process, '__globals__', None) is not vars(rpc)


def install() -> None:
    """Replace what is fast, unless there is a reason not to."""
    if _nothing is not None:
        logger.info('nothing is replaced: %s', _nothing)
        return
    channel.ChannelProtocol._fast = channel.Channel._fast = None
    for owner, function in _REPLACEMENTS:
        setattr(owner, function.__name__, function)
    _expected.extend((cls, name, f) for cls in _CLASSES for name, f in _functions(cls))
    for part in status():
        logger.info('%s: %s', part.target, 'fast' if part.fast else part.reason)


# What the classes of the channel have to consist of.
_expected: List[Tuple[Any, str, Any]] = []


def why_plain_channel() -> Optional[str]:
    """Return why connections that begin now stay as aiomas makes them, or ``None``."""
    if _nothing is not None:
        return _nothing
    for cls, name in _NAMES.items():
        if getattr(channel, name) is not cls:
            return 'aiomas.channel.%s was replaced' % name
    for cls, name, function in _expected:
        if vars(cls).get(name) is not function:
            return 'aiomas.channel.%s.%s was replaced' % (cls.__name__, name)
    return None


def why_plain_rpc() -> Optional[str]:
    """Return why requests that come by connections that begin now are handled by aiomas, or ``None``."""
    reason = why_plain_channel()
    if reason is not None:
        return reason
    if _foreign_service or rpc.rpc_service_process is not rpc_service_process:
        return 'aiomas.rpc.rpc_service_process was replaced'
    handle = rpc._handle_request
    if getattr(handle, '__aiomas_compat__', None) is True:
        handle = handle.__wrapped__
    if handle is not HANDLE_REQUEST or handle.__globals__ is not vars(rpc):
        return 'aiomas.rpc._handle_request was replaced'
    return None


def _why_plain(protocol: Any, transport: Any) -> Optional[str]:
    """Return why this connection stays as it is, or ``None``."""
    loop = protocol._loop
    if type(protocol) is not channel.ChannelProtocol:
        return 'its protocol is of another class'
    if isinstance(transport, local_queue.LocalQueueTransport):
        return 'local queues keep the order of all their messages'
    if loop.get_debug():
        return 'the event loop is in debug mode'
    if loop.get_task_factory() is not None:
        return 'the event loop has a task factory'
    return why_plain_channel()


def status() -> Tuple[Part, ...]:
    """Return what is fast for connections that begin now, and why other things are not."""
    reasons = [('aiomas.channel', why_plain_channel()), ('aiomas.rpc', why_plain_rpc())]
    for cls in (codecs.JSON, codecs.MsgPack, codecs.MsgPackBlosc):
        reasons.append(('aiomas.codecs.' + cls.__name__, why_plain_channel() or _codecs.why_plain(cls)))
    return tuple(Part(target, reason is None, reason or '') for target, reason in reasons)
