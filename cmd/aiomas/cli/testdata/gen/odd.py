"""What is rare: names that clash, and what Go has no words for. Only read, never run."""
import datetime as dt
import functools
import typing
from collections import OrderedDict
from enum import Enum

import aiomas
import aiomas.subproc
import numpy as np
from aiomas.rpc import Service, ServiceDict, expose
from typing import TYPE_CHECKING, Callable, Generic, NewType, Set, TypedDict, TypeVar

if TYPE_CHECKING:
    from elsewhere import Unknown

T = TypeVar('T')
UserId = NewType('UserId', int)
Matrix = typing.List[typing.List[float]]


@expose
def add(a: int, b: int = 1) -> int:
    """A function of a dict: */ // not the end."""
    return a + b


def later(x):
    return x


expose(later)
adding = ServiceDict({'add': add, 'later': later, 'lambda': expose(lambda x: x)})


class Movie(TypedDict):
    title: str
    year: int


class Tree(aiomas.Agent, Generic[T]):
    """An agent."""

    @expose
    async def children(self, depth: 'int' = -1, *, filter: Callable = None) -> 'typing.List[Tree]':
        pass

    @expose
    def array(self, a: np.ndarray, at: 'dt.datetime', who: 'UserId', m: Matrix) -> 'typing.Optional[np.ndarray]':
        pass

    @expose
    def only(self, a, b=1, /, c=2.5, *d, e=[1, {'k': (None, b'\x00')}], **f):
        """Say "hi" \\ and a tab	here.

            indented

        * a list
        """

    @expose
    def odd_names(self, map, error, nil, aiomas, context, ctx, args, _a, __b, größe, 名, opts=None, kw=1e999, names=10 ** 3):
        pass

    @staticmethod
    @expose
    def static(x: 'Unknown', s: Set[int], m: Movie, n: 'Outer.Inner', o: OrderedDict) -> typing.NoReturn:
        pass

    @classmethod
    @expose
    def create(cls, x: 'what is this') -> typing.Union[None, int]:
        pass

    @functools.lru_cache()
    @expose
    def cached(self, lit: typing.Literal[1, "a'b"] = 1) -> typing.Tuple[()]:
        pass

    @expose
    def async_result(self) -> typing.Awaitable[typing.Tuple[int, 'Tree']]:
        pass


class Outer:
    router = Service(sub_routers=('tree', 'dict', 'unknown', 'again'))

    class Inner:
        router = Service()

        @router.expose
        def type(self) -> 'Outer':
            pass

    def __init__(self, tree: Tree):
        self.tree = tree
        self.dict = ServiceDict({'add': add, 'inner': Outer.Inner()})
        self.again: 'Outer' = None
        self.router.add('added')
        self.added = adding

    @expose
    def proxy(self, who: 'Outer', whom: typing.Optional['Outer.Inner'] = None) -> typing.List['Outer']:
        pass

    @expose
    def Proxy(self):
        pass

    @expose
    def again_option(self, x=1):
        pass


class OuterClient:
    @expose
    def f(self):
        pass


class Color(Enum):
    RED = 1


class Boss(aiomas.subproc.Manager):
    @expose
    def color(self, c: Color = Color.RED, d: datetime.timedelta = None, b: bytes = b'\xff', big: int = 2 ** 70, huge: int = 99999999999999999999) -> complex:
        pass
