"""One side of the channel example in aiomas's TLS guide.

    tls_channel.py --listen tcp://HOST:PORT --tls-ca F --tls-cert F --tls-key F [--by-hand]
    tls_channel.py --connect tcp://HOST:PORT --tls-ca F --tls-cert F --tls-key F [--by-hand]

The server prints ``ready tcp://HOST:PORT`` and what its one client sends, the client prints the
reply.  The contexts are those that aiomas makes, or with --by-hand those that the guide makes.
"""

import argparse
import asyncio
import ssl
import warnings

import aiomas

from common import CODECS, add_connection_options, format_address, parse_address, ssl_contexts


def server_context(args):
    """Return the guide's context for the server."""
    server_ctx = ssl.SSLContext(ssl.PROTOCOL_TLSv1_2)
    server_ctx.set_ciphers('ECDH+AESGCM')
    server_ctx.load_cert_chain(certfile=args.tls_cert, keyfile=args.tls_key)
    server_ctx.verify_mode = ssl.CERT_REQUIRED
    server_ctx.load_verify_locations(cafile=args.tls_ca)
    server_ctx.options |= ssl.OP_SINGLE_ECDH_USE
    server_ctx.options |= ssl.OP_NO_COMPRESSION
    return server_ctx


def client_context(args):
    """Return the guide's context for the client."""
    client_ctx = ssl.SSLContext(ssl.PROTOCOL_TLSv1_2)
    client_ctx.set_ciphers('ECDH+AESGCM')
    client_ctx.verify_mode = ssl.CERT_REQUIRED
    client_ctx.load_verify_locations(cafile=args.tls_ca)
    client_ctx.check_hostname = True
    client_ctx.load_cert_chain(certfile=args.tls_cert, keyfile=args.tls_key)
    return client_ctx


async def client(addr, **options):
    channel = await aiomas.channel.open_connection(addr, **options)
    reply = await channel.send('ohai')
    print(reply, flush=True)
    await channel.close()


async def serve(addr, **options):
    handled = asyncio.get_running_loop().create_future()

    async def handle_client(channel):
        request = await channel.recv()
        print(request.content, flush=True)
        await request.reply('cya')
        await channel.close()
        handled.set_result(None)

    server = await aiomas.channel.start_server(addr, handle_client, **options)
    print('ready', format_address((addr[0], server.sockets[0].getsockname()[1])), flush=True)
    await handled
    server.close()
    await server.wait_closed()


async def main(args):
    contexts = (server_context(args), client_context(args)) if args.by_hand else ssl_contexts(args)
    codec = CODECS[args.codec]
    if args.listen:
        await serve(parse_address(args.listen)[0], ssl=contexts[0], codec=codec)
    else:
        await client(parse_address(args.connect)[0], ssl=contexts[1], codec=codec)


if __name__ == '__main__':
    warnings.simplefilter('ignore', DeprecationWarning)  # of PROTOCOL_TLSv1_2
    parser = argparse.ArgumentParser(description="The channel example of aiomas's TLS guide.")
    side = parser.add_mutually_exclusive_group(required=True)
    side.add_argument('--listen', metavar='ADDRESS')
    side.add_argument('--connect', metavar='ADDRESS')
    parser.add_argument('--by-hand', action='store_true', help='make the contexts as the guide does')
    add_connection_options(parser)
    asyncio.run(main(parser.parse_args()))
