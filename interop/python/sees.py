"""What a Python program sees and logs when something is wrong on a connection with Go.

    sees.py SITUATION tcp://HOST:PORT [CA]   one call of the program at that address
    sees.py serve CODEC                      a service; prints "ready tcp://HOST:PORT", ends with its input

In the end it prints one line of JSON: ``got`` is what the caller got, ``log`` what was logged at level WARNING and
above, which is what Python prints if nobody has set up logging.
"""

import asyncio
import gc
import json
import logging
import ssl
import sys

import aiomas

from common import CODECS, parse_address

logged = []


class Keep(logging.Handler):
    def emit(self, record):
        text = '%s %s: %s' % (record.levelname, record.name, record.getMessage().splitlines()[0])
        if record.exc_info:
            text += ' … %s: %s' % (record.exc_info[0].__name__, record.exc_info[1])
        logged.append(text)


class Service:
    router = aiomas.rpc.Service()

    @aiomas.expose
    def add(self, a, b):
        return a + b

    @aiomas.expose
    def broken(self):
        raise ValueError('broken')

    @aiomas.expose
    def wrong_result(self):
        return object()

    @aiomas.expose
    async def slow(self):
        await asyncio.sleep(0.2)
        return 'done'


async def serve(codec):
    clients = []
    server = await aiomas.rpc.start_server(('127.0.0.1', 0), Service(), clients.append, codec=CODECS[codec])
    print('ready tcp://%s:%d' % server.sockets[0].getsockname()[:2], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await asyncio.sleep(0.3)  # longer than slow() takes
    gc.collect()
    server.close()
    await asyncio.gather(*[c.close() for c in clients], return_exceptions=True)


async def call(situation, addr, ca):
    options = {}
    if situation == 'codec':
        options['codec'] = aiomas.MsgPack
    if situation == 'certificate':
        options['ssl'] = ssl.create_default_context(cafile=ca)
    con = await aiomas.rpc.open_connection(addr, **options)
    try:
        return await call_on(con, situation)
    finally:
        if situation != 'unclosed':
            await con.close()


async def call_on(con, situation):
    if situation == 'forgotten':
        con.remote.check(-1)
        await asyncio.sleep(0.2)
        return 'nothing'
    if situation == 'impatient':
        other = asyncio.ensure_future(con.remote.stuck())
        try:
            await asyncio.wait_for(con.remote.slow(), 0.05)
        except asyncio.TimeoutError:
            pass
        asyncio.ensure_future(con.remote.release()).add_done_callback(lambda f: f.exception())
        return await other
    if situation == 'afterwards':
        try:
            await con.remote.hang_up()
        except ConnectionError:
            pass
        return await con.remote.check(1)
    if situation == 'keyword':
        return await con.remote.check(x=1)
    if situation == 'name':
        return await con.remote.Check(1)
    if situation == 'lost':
        return await con.remote.hang_up()
    return await con.remote.check({'exception': -1, 'object': object()}.get(situation, 1))


async def main(situation, argument, ca=None):
    if situation == 'serve':
        return await serve(argument)
    addr, _ = parse_address(argument)
    try:
        result = await asyncio.wait_for(call(situation, addr, ca), 20)
        return 'returns %r' % (result,)
    except aiomas.RemoteException as exc:
        return '%s, its remote_traceback ends with %s' % (type(exc).__name__, exc.remote_traceback.splitlines()[-1])
    except Exception as exc:
        return '%s: %s' % (type(exc).__name__, exc)


if __name__ == '__main__':
    logging.getLogger().addHandler(Keep(logging.WARNING))
    got = asyncio.run(main(*sys.argv[1:]))
    gc.collect()
    print(json.dumps({'got': got, 'log': logged}))
