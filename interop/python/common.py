"""What the peer and the clients share: addresses, codecs, TLS, and reading a remote traceback."""

import argparse
import asyncio
import collections
import importlib
import os
import re
import ssl
import sys

import aiomas

CODECS = {
    'json': aiomas.JSON,
    'msgpack': aiomas.MsgPack,
    'msgpack-blosc': aiomas.MsgPackBlosc,
}


def add_connection_options(parser):
    """Add the command line options that the peer and the client have in common."""
    parser.add_argument('--codec', choices=CODECS, default='json')
    parser.add_argument('--compat', action=Import, nargs=0, const='aiomas_compat', help='mend aiomas with aiomas_compat')
    parser.add_argument('--fast', action=Import, nargs=0, const='aiomas_fast', help='make aiomas fast with aiomas_fast')
    parser.add_argument('--tls-ca', metavar='F', help='certificate of the private CA')
    parser.add_argument('--tls-cert', metavar='F', help='our certificate')
    parser.add_argument('--tls-key', metavar='F', help='its key')
    parser.add_argument('--tls-version', choices=['1.2', '1.3'], default='1.2', help='1.2 is what aiomas speaks by itself')


class Import(argparse.Action):
    """Imports a package that changes aiomas."""

    def __call__(self, parser, namespace, values, option_string=None):
        importlib.import_module(self.const)


def ssl_contexts(args):
    """Return a context for servers and one for clients, or ``None`` without TLS."""
    files = (args.tls_ca, args.tls_cert, args.tls_key)
    if not any(files):
        return None
    if not all(files):
        raise SystemExit('--tls-ca, --tls-cert and --tls-key belong together')
    if args.tls_version == '1.2':
        return log_keys(aiomas.make_ssl_server_context(*files), aiomas.make_ssl_client_context(*files))
    return log_keys(modern_context(ssl.PROTOCOL_TLS_SERVER, *files), modern_context(ssl.PROTOCOL_TLS_CLIENT, *files))


def log_keys(*contexts):
    """Return *contexts*, which log their secrets to the file that SSLKEYLOGFILE names, as default contexts do."""
    for context in contexts:
        context.keylog_filename = os.environ.get('SSLKEYLOGFILE')
    return contexts


def modern_context(protocol, cafile, certfile=None, keyfile=None):
    """Return a context like those of aiomas, but for TLS 1.3, and without a certificate of ours if there is none."""
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cafile=cafile)
    if certfile:
        context.load_cert_chain(certfile, keyfile)
    return context


def parse_address(url):
    """Return the address that aiomas takes for *url* and the agent's id, if there is one.

    ``tcp://host:port`` is a tuple, ``unix:///path`` and ``ipc://[path]/aid`` are a path.
    """
    scheme, sep, rest = url.partition('://')
    if sep and scheme == 'tcp':
        rest, _, aid = rest.partition('/')
        host, _, port = rest.rpartition(':')
        return (host.strip('[]'), int(port)), aid or None
    if sep and scheme == 'unix':
        return rest, None
    if sep and scheme == 'ipc' and rest.startswith('['):
        path, _, aid = rest[1:].rpartition(']/')
        return path, aid
    raise SystemExit('cannot read the address %r: use tcp://host:port or unix:///path' % url)


def format_address(addr):
    """Return the URL of *addr*, a tuple that may be longer, as sockets have it, or a path."""
    if isinstance(addr, str):
        return 'unix://' + addr
    host, port = addr[:2]
    return 'tcp://%s:%d' % ('[%s]' % host if ':' in host else host, port)


RemoteError = collections.namedtuple('RemoteError', 'type, message')


def read_traceback(text):
    """Return the type and the message of the exception at the end of a traceback.

    The message may have several lines: what follows the last indented line belongs to it.
    """
    lines = text.rstrip('\n').split('\n')
    start = max((i + 1 for i, line in enumerate(lines) if re.match(r' +\S|Traceback \(', line)), default=0)
    head, _, message = '\n'.join(lines[start:]).partition(': ')
    return RemoteError(head.rpartition('.')[2], message)


async def close_connections(connections):
    """End the service process of each of *connections*, which closes the connection."""
    services = [connection.service for connection in connections]
    for service in services:
        service.cancel()
    await asyncio.gather(*services, return_exceptions=True)


async def close_container(container):
    """Do what Container.shutdown() is for, which fails on Python 3.10 and newer unless it is mended."""
    if 'aiomas_compat' in sys.modules:
        await container.shutdown(as_coro=True)
        return
    container._tcp_server.close()
    await close_connections(container._rpc_cons)
