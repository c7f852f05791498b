"""What gen go is tested with: each kind of signature once."""
from __future__ import annotations

import asyncio
import dataclasses
import importlib
import signal
import sys
import typing as t
from typing import Any, Dict, List, NamedTuple, Optional, Tuple, Union

import aiomas
from aiomas import expose as e, serializable

HORIZON = 24
Vector = List[float]


def now():
    return 0.0


@serializable
class Point:
    """A point."""

    def __init__(self, x: float, y: float = 0.0):
        self.x = x
        self.y = y


@aiomas.serializable
@dataclasses.dataclass
class Line:
    a: Point
    b: Optional[Point] = None


class Span(NamedTuple):
    low: int
    high: int


class Sub:
    router = aiomas.rpc.Service()

    @router.expose
    def name(self) -> str:
        return 'sub'


class Base:
    @aiomas.expose
    def inherited(self) -> str:
        return 'base'

    @aiomas.expose
    def overridden(self, a: int) -> int:
        return a


class Table(Base):
    """Each kind of signature.

    With a second paragraph.
    """

    router = aiomas.rpc.Service(['sub'])

    def __init__(self):
        self.sub = Sub()

    @aiomas.expose
    def add(self, a, b=0):
        """Return the sum of *a* and *b*."""
        return a + b

    @e
    async def typed(self, a: int, b: float = 1.5, c: str = "it's", d: bool = True) -> str:
        return repr((a, b, c, d))

    @aiomas.expose
    def keywords(self, a: int, *, mode: str, horizon: int = HORIZON) -> str:
        return repr((a, mode, horizon))

    @aiomas.expose
    def rest(self, a: int, *rest: int) -> List[int]:
        return [a] + list(rest)

    @aiomas.expose
    def early(self, a: int = 1, b: int = 2, *rest: int, deep: bool = False) -> List[Any]:
        return [a, b, list(rest), deep]

    @aiomas.expose
    def anything(self, *args, **kwargs) -> str:
        return repr((list(args), sorted(kwargs.items())))

    @aiomas.expose
    def place(self, p: Point, to: 'Point' = None) -> Line:
        return Line(p, to)

    @aiomas.expose
    def optional(self, a: Optional[int], b: int | None = None, c: t.Optional[t.List[str]] = None) -> Optional[int]:
        return a if b is None else b

    @aiomas.expose
    def containers(self, a: list[int], b: Dict[str, List[int]], c: Tuple[int, ...], d: Vector) -> dict:
        return {'a': a, 'b': b, 'c': c, 'd': d}

    @aiomas.expose
    def pair(self, a: Tuple[int, str], b: Tuple[float, float] = (1, 2)) -> Tuple[int, str]:
        return a[0], a[1]

    @aiomas.expose
    def union(self, a: Union[int, str], b: t.Literal['on', 'off'] = 'on') -> Union[int, str, None]:
        return a

    @aiomas.expose
    def computed(self, at: float = now()) -> float:
        return at

    @aiomas.expose
    def span(self, s: Span) -> Span:
        return Span(*s)

    @aiomas.expose
    def get_sub(self) -> Sub:
        return self.sub

    @aiomas.expose
    def type(self, func: int, range: int = 1, any: int = 2) -> int:
        return func * 100 + range * 10 + any

    @aiomas.expose
    def getUrl(self, ctx: str) -> str:
        return ctx

    @aiomas.expose
    def get_url(self, ctx: str) -> str:
        return ctx + '!'

    @aiomas.expose
    def proxy(self) -> None:
        pass

    @aiomas.expose
    def _private(self) -> int:
        return 1

    @aiomas.expose
    def __mangled(self) -> int:
        return 2

    @aiomas.expose
    def overridden(self, a: int, b: int = 5) -> int:
        return a + b

    def hidden(self):
        pass


SERIALIZERS = [Point.__serializer__, Line.__serializer__]


async def serve():
    stop = asyncio.Event()
    asyncio.get_event_loop().add_signal_handler(signal.SIGTERM, stop.set)
    server = await aiomas.rpc.start_server(('127.0.0.1', 0), Table(), extra_serializers=SERIALIZERS)
    print('ready %s:%d' % server.sockets[0].getsockname()[:2], flush=True)
    await stop.wait()
    server.close()


async def call(host, port, client=None):
    types = [c.__serializer__ for c in (client.Point, client.Line)] if client else SERIALIZERS
    con = await aiomas.rpc.open_connection((host, int(port)), extra_serializers=types)
    r = client.TableClient(con.remote) if client else con.remote
    point = (client or sys.modules[__name__]).Point(1.0, 2.0)
    results = [
        await r.add(1, 2), await r.add(1), await r.add(b=2, a=1),
        await r.typed(1), await r.typed(a=1, d=False), await r.typed(1, 2, 'c'),
        await r.keywords(1, mode='m'), await r.keywords(a=1, horizon=3, mode='m'),
        await r.rest(1), await r.rest(1, 2, 3),
        await r.early(), await r.early(1, 2, 3, deep=True),
        await r.anything(1, 'a', k=2),
        await r.place(point), (await r.place(to=point, p=point)).b,
        await r.optional(None), await r.optional(1, b=2),
        await r.containers([1], {'a': [1]}, (1, 2), [1.5]),
        await r.pair((1, 'a')), await r.union('a'), await r.computed(), await r.computed(at=2.5),
        await r.span((1, 2)), await (await r.get_sub()).name(), await r.type(1, any=3),
        await r.getUrl('a'), await r.get_url('a'), await r.proxy(), await r._private(),
        await r.overridden(1), await r.inherited(), await r.sub.name(),
    ]
    for i, x in enumerate(results):
        print(i, x)
    await con.close()


if __name__ == '__main__':
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(call(*sys.argv[1].split(':'), *map(importlib.import_module, sys.argv[2:]))
                            if len(sys.argv) > 1 else serve())
