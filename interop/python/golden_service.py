"""The services from which the golden messages are recorded; callbacks.py is what they call back."""

import asyncio

import aiomas


class CustomError(Exception):
    """An exception that is not built in, so that its module is named."""


class Sub:
    """A service below the root of the server."""

    def __init__(self):
        self.deep = aiomas.rpc.ServiceDict({'name': self.name})

    router = aiomas.rpc.Service(['deep'])

    @aiomas.expose
    def name(self):
        return self.router.path


class Functions:
    """What the server offers, as a root service and as an agent."""

    def __init__(self):
        self.sub = Sub()
        self.released = asyncio.Event()

    @aiomas.expose
    def add(self, a, b=0):
        return a + b

    @aiomas.expose
    def echo(self, *args, **kwargs):
        return [args, kwargs]

    @aiomas.expose
    def identity(self, x):
        return x

    @aiomas.expose
    def nothing(self):
        pass

    @aiomas.expose
    async def wait(self):
        await self.released.wait()
        return 'waited'

    @aiomas.expose
    def release(self):
        self.released.set()
        return 'released'

    @aiomas.expose
    def get_sub(self):
        return self.sub

    @aiomas.expose
    def get_deep(self):
        return self.sub.deep

    @aiomas.expose
    def get_self(self):
        return self

    @aiomas.expose
    def get_both(self):
        return {'sub': self.sub, 'list': [self.sub.deep, None]}

    @aiomas.expose
    async def call_back(self, proxy, n=1):
        return [await proxy.notify(i) for i in range(n)]

    @aiomas.expose
    async def call_back_fail(self, proxy):
        await proxy.explode()

    @aiomas.expose
    def fail(self, message=None):
        raise ValueError(message) if message is not None else ValueError

    @aiomas.expose
    def fail_key(self, key):
        return {}[key]

    @aiomas.expose
    def fail_custom(self):
        raise CustomError('mine')

    @aiomas.expose
    async def fail_later(self):
        await asyncio.sleep(0)
        raise RuntimeError('later')

    @aiomas.expose
    def fail_chained(self):
        try:
            raise KeyError('first')
        except KeyError as exc:
            raise ValueError('second') from exc

    @aiomas.expose
    def fail_while_failing(self):
        try:
            raise KeyError('first')
        except KeyError:
            raise ValueError('second')

    @aiomas.expose
    def fail_syntax(self):
        compile('1 +', 'some file', 'exec')

    @aiomas.expose
    def fail_deep(self, n):
        return self.fail_deep(n - 1) if n else 1 / 0

    @aiomas.expose
    def unserializable(self):
        return object()

    def private(self):
        return 'not exposed'


class Server(Functions):
    """The root service of a plain RPC connection."""

    router = aiomas.rpc.Service(['sub'])


class ServerAgent(aiomas.Agent, Functions):
    """The same as an agent."""

    router = aiomas.rpc.Service(['sub'])

    def __init__(self, container):
        Functions.__init__(self)
        aiomas.Agent.__init__(self, container)
