"""A Python client with real aiomas that calls examples/server, a Go program.

    go run ./examples/server                  # the service, until Ctrl-C
    python interop/python/demo_client.py      # calls it; so does: go run ./examples/client
"""

import argparse
import asyncio
from urllib.parse import urlsplit

import aiomas


class Me:
    """What the Go service may call back."""

    router = aiomas.rpc.Service()

    @aiomas.expose
    def get_name(self):
        print('get_name() is called back')
        return 'Pythonista'


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--connect', default='tcp://127.0.0.1:5555')
    parser.add_argument('--codec', choices=['json', 'msgpack'], default='json')
    args = parser.parse_args()

    me = Me()
    address = urlsplit(args.connect)
    codec = aiomas.MsgPack if args.codec == 'msgpack' else aiomas.JSON
    con = await aiomas.rpc.open_connection((address.hostname, address.port), rpc_service=me, codec=codec, timeout=5)

    print('add(1, b=2) =', await con.remote.add(1, b=2))
    print('visit(me) =', repr(await con.remote.visit(me)))
    try:
        await con.remote.fail('no such thing')
    except aiomas.RemoteException as exc:
        print('fail() raised', exc.remote_traceback.splitlines()[-1])
    await con.close()


if __name__ == '__main__':
    asyncio.run(main())
