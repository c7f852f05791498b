"""A container on real aiomas, for the tests of agents in Go.

    agents.py --listen tcp://127.0.0.1:0 [--codec NAME] [--compat]
              [--tls-ca F --tls-cert F --tls-key F [--tls-contexts [--tls-version 1.3]]]
              [--external DATE [--time T]] [--numpy] [--classes] [--creamas]
    agents.py --listen tcp://HOST:PORT --subproc [...]

Agent 0 is a :class:`Driver`: a manager that also calls other agents for whoever calls it, from
Python's side.  It prints ``ready URL`` with the driver's URL once it can be called.  SIGTERM and
SIGINT end it with exit code 0.

With --tls-contexts the container is given two contexts instead of the names of the three files.
With --external it has an ExternalClock, with --numpy the ndarray serializer of the codec guide, with
--classes the serializable classes of agents_guide.py; they are added in this order.  With --creamas
the container is an Environment of creamas, and the driver its manager.

With --subproc it does nothing but what the documentation of aiomas.subproc shows: it runs
``aiomas.subproc.start()`` until that ends, and prints nothing.
"""

import argparse
import asyncio
import importlib
import signal
import sys

import aiomas
import arrow

from common import CODECS, add_connection_options, close_container, parse_address, read_traceback, ssl_contexts


class DriverMixin:
    """What a driver does besides what its base class, a manager, does."""

    @aiomas.expose
    async def call(self, url, path, args=(), kwargs=None, timeout=0):
        """Call a function of the agent at *url* and return its result."""
        function = await self.container.connect(url, timeout=timeout)
        for name in path.split('/'):
            function = getattr(function, name)
        return await function(*args, **(kwargs or {}))

    @aiomas.expose
    async def give(self, url, path):
        """Like call, with this agent as the argument."""
        return await self.call(url, path, [self])

    @aiomas.expose
    async def describe(self, url):
        """Return how the proxy of an agent prints itself."""
        return str(await self.container.connect(url))

    @aiomas.expose
    async def failure(self, url, path=None, args=()):
        """Return type and message of what connecting, or calling, raises."""
        try:
            if path is None:
                await self.container.connect(url)
            else:
                await self.call(url, path, args)
        except aiomas.RemoteException as exc:
            return list(read_traceback(exc.remote_traceback))
        except Exception as exc:
            return [type(exc).__name__, str(exc)]
        return None

    @aiomas.expose
    async def pass_on(self, url, path, proxy):
        """Send a proxy that was received to another agent, and return what that raises."""
        try:
            return await self.call(url, path, [proxy])
        except aiomas.RemoteException:
            raise
        except Exception as exc:
            return [type(exc).__name__, str(exc)]

    @aiomas.expose
    def parse_urls(self, urls):
        """Return what Container._parse_url makes of each URL, or type and message of what it raises."""
        results = []
        for url in urls:
            try:
                addr, aid = self.container._parse_url(url)
            except Exception as exc:
                results.append({'error': [type(exc).__name__, str(exc)]})
            else:
                if isinstance(addr, aiomas.local_queue.LocalQueue):
                    addr = addr.queue_id
                results.append({'addr': list(addr) if isinstance(addr, tuple) else addr, 'aid': aid})
        return results

    @aiomas.expose
    def parse_dates(self, texts):
        """Return each date as arrow writes it after reading it, or ``None`` if it cannot be read."""
        def read(text):
            try:
                return str(arrow.get(text))
            except Exception:
                return None
        return [read(text) for text in texts]

    @aiomas.expose
    def date_type(self, date):
        """Return the type of a date, and how it prints."""
        return type(date).__name__, str(date)

    @aiomas.expose
    def date(self, text, zone=None):
        """Return the date that *text* is, in another time zone if one is given."""
        date = arrow.get(text)
        return date if zone is None else date.to(zone)

    @aiomas.expose
    def texts(self):
        """Return how this agent and its container print themselves."""
        return [str(self), str(self.container), self.addr]

    @aiomas.expose
    def connections(self):
        """Return the number of open connections."""
        return sum(not connection.service.done() for connection in self.container._rpc_cons)

    @aiomas.expose
    def keep(self, proxy):
        """Keep a proxy for call_kept()."""
        self.kept = proxy

    @aiomas.expose
    async def call_kept(self, path, args=()):
        """Call a function of the proxy that was kept."""
        function = self.kept
        for name in path.split('/'):
            function = getattr(function, name)
        return await function(*args)

    @aiomas.expose
    async def call_local(self, aid, method, args=()):
        """Call a method of an agent in this container, exposed or not."""
        result = getattr(self.container.agents.dict[aid], method)(*args)
        return await result if asyncio.iscoroutine(result) else result


class Driver(DriverMixin, aiomas.subproc.Manager):
    """The driver of a plain container."""


def container_options(args):
    """Return the keyword arguments of Container.create()."""
    extra = []
    if args.numpy:
        extra.append(importlib.import_module('agents_numpy').get_np_serializer)
    if args.classes:
        guide = importlib.import_module('agents_guide')
        extra += [guide.Point.__serializer__, guide.Line.__serializer__]
    options = {'codec': CODECS[args.codec]}
    if args.tls_contexts:
        options['ssl'] = ssl_contexts(args)
    elif args.tls_ca:
        options['ssl'] = aiomas.SSLCerts(args.tls_ca, args.tls_cert, args.tls_key)
    if extra:
        options['extra_serializers'] = extra
    if args.external:
        options['clock'] = aiomas.ExternalClock(args.external, init_time=args.time)
    return options


async def serve(args):
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    create, manager = aiomas.Container.create, Driver
    if args.creamas:
        creamas = importlib.import_module('agents_creamas')
        create, manager = creamas.Environment.create, creamas.Driver
    addr, _ = parse_address(args.listen)
    container = await create(addr, as_coro=True, **container_options(args))
    if isinstance(addr, tuple) and addr[1] == 0:
        # The container believes in the port that it was given.
        port = container._tcp_server.sockets[0].getsockname()[1]
        container._base_url = container._base_url.replace(':0/', ':%d/' % port)
    driver = manager(container)
    print('ready', driver.addr, flush=True)
    stopped = asyncio.ensure_future(stop.wait())
    await asyncio.wait([stopped, driver.stop_received], return_when=asyncio.FIRST_COMPLETED)
    if 'aiomas_compat' in sys.modules or sys.version_info < (3, 10):
        await container.shutdown(as_coro=True)
    else:
        await close_container(container)


def main():
    # What agents_creamas.py takes from here is not to be imported a second time.
    sys.modules.setdefault('agents', sys.modules['__main__'])
    parser = argparse.ArgumentParser(description='A container on real aiomas, for tests.')
    parser.add_argument('--listen', required=True, metavar='ADDRESS')
    parser.add_argument('--tls-contexts', action='store_true', help='make contexts of the three files of --tls-...')
    parser.add_argument('--external', metavar='DATE', help='use an ExternalClock that begins with DATE')
    parser.add_argument('--time', type=float, default=0, metavar='T', help='its first time')
    parser.add_argument('--numpy', action='store_true', help='add the serializer for arrays')
    parser.add_argument('--classes', action='store_true', help='add the serializable classes')
    parser.add_argument('--creamas', action='store_true', help='be an environment of creamas')
    parser.add_argument('--subproc', action='store_true', help='run aiomas.subproc.start()')
    add_connection_options(parser)
    args = parser.parse_args()
    if args.subproc:
        async def start():
            await aiomas.subproc.start(parse_address(args.listen)[0], **container_options(args))
        return asyncio.run(start())
    return asyncio.run(serve(args))


if __name__ == '__main__':
    sys.exit(main())
