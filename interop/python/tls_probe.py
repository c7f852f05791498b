"""One call by aiomas with TLS, or without it, to see what becomes of it.

    tls_probe.py --connect tcp://HOST:PORT [--tls-ca F [--tls-cert F --tls-key F]] [--tls-version 1.2|1.3]
                 [--codec NAME] [--compat]

With --tls-ca alone it shows no certificate; without any it speaks plain TCP.  It calls
``add(1, 2)`` and prints one line of JSON,

    {"result": 3, "version": "TLSv1.2", "cipher": "ECDHE-ECDSA-AES128-GCM-SHA256"}
    {"error": "SSLCertVerificationError", "message": "..."}
"""

import argparse
import asyncio
import json
import ssl
import warnings

import aiomas

from common import CODECS, add_connection_options, modern_context, parse_address

TIMEOUT = 30


def client_context(args):
    if args.tls_ca is None:
        return None
    if args.tls_version == '1.3':
        return modern_context(ssl.PROTOCOL_TLS_CLIENT, args.tls_ca, args.tls_cert, args.tls_key)
    if args.tls_cert is not None:
        return aiomas.make_ssl_client_context(args.tls_ca, args.tls_cert, args.tls_key)
    context = modern_context(ssl.PROTOCOL_TLS_CLIENT, args.tls_ca)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


async def probe(args):
    addr, _ = parse_address(args.connect)
    client = await aiomas.rpc.open_connection(addr, codec=CODECS[args.codec], ssl=client_context(args))
    try:
        secured = client.channel.get_extra_info('ssl_object')
        outcome = {'version': secured and secured.version(), 'cipher': secured and secured.cipher()[0]}
        outcome['result'] = await client.remote.add(1, 2)
    finally:
        await client.close()
    return outcome


async def main(args):
    try:
        return await asyncio.wait_for(probe(args), TIMEOUT)
    except Exception as exc:
        return {'error': type(exc).__name__, 'message': str(exc)}


if __name__ == '__main__':
    warnings.simplefilter('ignore', DeprecationWarning)  # of PROTOCOL_TLSv1_2
    parser = argparse.ArgumentParser(description='One call by aiomas, with or without TLS.')
    parser.add_argument('--connect', required=True, metavar='ADDRESS')
    add_connection_options(parser)
    print(json.dumps(asyncio.run(main(parser.parse_args()))))
