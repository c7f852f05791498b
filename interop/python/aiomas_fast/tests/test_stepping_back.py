"""Where something is subclassed, replaced or missing, aiomas does what it does without the package."""

import json

import pytest

from helpers import run_python

ECHO = '''
import asyncio, json, logging, os, sys
async def talk(codec=None, loop_setting=None):
    """Call there and back, and return which ends were fast."""
    import aiomas
    if loop_setting:
        loop_setting(asyncio.get_running_loop())
    clients = []
    class Service:
        router = aiomas.rpc.Service()
        @aiomas.expose
        def echo(self, x): return x
        @aiomas.expose
        async def back(self, x): return await clients[0].remote.echo(x)
    server = await aiomas.rpc.start_server(('127.0.0.1', 0), Service(), clients.append, codec=codec)
    client = await aiomas.rpc.open_connection(server.sockets[0].getsockname(), rpc_service=Service(), codec=codec)
    clients.append(client)
    for x in (1, 'x', [1.5, None], {'a': {'b': 'c'}}):
        assert await client.remote.echo(x) in (x, tuple(x) if isinstance(x, list) else x)
        assert await client.remote.back('x') == 'x'
    assert await asyncio.gather(*[client.remote.echo(i) for i in range(100)]) == list(range(100))
    wires = [getattr(c.channel, '_fast', None) for c in clients]
    await client.close()
    server.close()
    return [w and (w.service is not None) for w in wires]
def show(*args):
    ends = asyncio.run(talk(*args))
    if 'aiomas_fast' in sys.modules:
        import aiomas_fast
        print(json.dumps([ends, {p.target: p.reason for p in aiomas_fast.status()}]))
    else:
        print(json.dumps([ends, {}]))
'''

FAST = [True, True]  # at both ends, with a service
PLAIN_RPC = [False, False]
PLAIN = [None, None]

JSON = 'aiomas.codecs.JSON'


@pytest.mark.parametrize('code, ends, reasons', [
    ('import aiomas_fast', FAST, {}),
    ('import aiomas, aiomas_fast', FAST, {}),
    ('from aiomas import *; import aiomas_fast', FAST, {}),
    ('import aiomas_compat, aiomas_fast', FAST, {}),
    ('import aiomas_fast, aiomas_compat', FAST, {}),
    ('import aiomas_fast, aiomas_compat, importlib; importlib.reload(aiomas_fast)', FAST, {}),

    # Replaced before.
    ('import aiomas\nf = aiomas.channel.Channel.send\naiomas.channel.Channel.send = lambda s, c: f(s, c)\nimport aiomas_fast',
     PLAIN, {'aiomas.channel': 'aiomas.channel.Channel.send was replaced'}),
    ('import aiomas\nf = aiomas.rpc._handle_request\nasync def g(*a): await f(*a)\naiomas.rpc._handle_request = g\n'
     'import aiomas_fast', PLAIN_RPC, {'aiomas.rpc': 'aiomas.rpc._handle_request was replaced'}),
    ('import aiomas\nf = aiomas.rpc.rpc_service_process\nasync def g(*a): await f(*a)\naiomas.rpc.rpc_service_process = g\n'
     'import aiomas_fast', PLAIN_RPC, {'aiomas.rpc': 'aiomas.rpc.rpc_service_process was replaced'}),
    ('import aiomas\nf = aiomas.JSON.encode\naiomas.JSON.encode = lambda s, d: f(s, d)\nimport aiomas_fast',
     FAST, {JSON: 'JSON.encode was replaced'}),

    # Replaced after.
    ('import aiomas, aiomas_fast\nf = aiomas.channel.Channel.send\naiomas.channel.Channel.send = lambda s, c: f(s, c)',
     PLAIN, {'aiomas.channel': 'aiomas.channel.Channel.send was replaced'}),
    ('import aiomas, aiomas_fast\nf = aiomas.channel.Channel._feed_data\n'
     'aiomas.channel.Channel._feed_data = lambda *a: f(*a)',
     PLAIN, {'aiomas.channel': 'aiomas.channel.Channel._feed_data was replaced'}),
    ('import aiomas, aiomas_fast\nf = aiomas.channel.Request.reply\n'
     'aiomas.channel.Request.reply = lambda *a: f(*a)',
     PLAIN, {'aiomas.channel': 'aiomas.channel.Request.reply was replaced'}),
    ('import aiomas, aiomas_fast\nclass C(aiomas.channel.Channel): pass\naiomas.channel.Channel = C',
     PLAIN, {'aiomas.channel': 'aiomas.channel.Channel was replaced'}),
    ('import aiomas, aiomas_fast\nclass C(aiomas.channel.ChannelProtocol): pass\naiomas.channel.ChannelProtocol = C',
     PLAIN, {'aiomas.channel': 'aiomas.channel.ChannelProtocol was replaced'}),
    ('import aiomas, aiomas_fast\nf = aiomas.rpc._handle_request\nasync def g(*a): await f(*a)\naiomas.rpc._handle_request = g',
     PLAIN_RPC, {'aiomas.rpc': 'aiomas.rpc._handle_request was replaced'}),
    ('import aiomas, aiomas_fast\nf = aiomas.JSON.decode\naiomas.JSON.decode = lambda s, d: f(s, d)',
     FAST, {JSON: 'JSON.decode was replaced'}),
    ('import aiomas, aiomas_fast\nf = aiomas.codecs.Codec.deserialize_obj\n'
     'aiomas.codecs.Codec.deserialize_obj = lambda s, d: f(s, d)',
     FAST, {JSON: 'JSON.serialize_obj or deserialize_obj was replaced'}),
    ('import json, aiomas, aiomas_fast\nf = json.dumps\njson.dumps = lambda *a, **k: f(*a, **k)',
     FAST, {JSON: 'the json module was replaced'}),

    # Missing, or another one.
    ('import json.encoder\njson.encoder.c_make_encoder = None\nimport aiomas_fast',
     FAST, {JSON: 'the json module has no C accelerator'}),
    ('import aiomas\naiomas.__version__ = "2.1.0"\nimport aiomas_fast',
     PLAIN, {'aiomas.channel': 'aiomas 2.1.0 is not known'}),
    ('os.environ["AIOMAS_FAST"] = "0"\nimport aiomas_fast', PLAIN, {'aiomas.channel': 'AIOMAS_FAST=0'}),
])
def test_steps_back(code, ends, reasons):
    if 'aiomas_compat' in code:
        pytest.importorskip('aiomas_compat')
    got, why = json.loads(run_python(code=ECHO + code + '\nshow()'))
    assert got == ends
    for target in ('aiomas.channel', 'aiomas.rpc', JSON):
        if target in reasons or not reasons:
            assert why[target] == reasons.get(target, '')
    if ends == FAST:
        assert why['aiomas.channel'] == why['aiomas.rpc'] == ''


@pytest.mark.parametrize('setting', [
    'lambda loop: loop.set_debug(True)',
    'lambda loop: loop.set_task_factory(lambda loop, coro, **kw: asyncio.Task(coro, loop=loop, **kw))',
])
def test_loops_that_want_tasks(setting):
    ends, _ = json.loads(run_python(code=ECHO + 'import aiomas_fast\nshow(None, %s)' % setting))
    assert ends == PLAIN


def test_codecs_of_others():
    ends, _ = json.loads(run_python(code=ECHO + '''
import aiomas_fast, aiomas
class Mine(aiomas.JSON):
    def encode(self, data): return b' ' + super().encode(data)
    def decode(self, data):
        assert type(data) is bytearray and data[:1] == b' '
        return super().decode(data)
show(Mine)
'''))
    assert ends == FAST


def test_subclasses_of_users():
    # As creamas and others have them.
    assert run_python(code='''
        import asyncio, socket, aiomas, aiomas_fast

        class Container(aiomas.Container):
            @aiomas.expose
            def validate_aid(self, aid):
                return super().validate_aid(aid)

        class Agent(aiomas.Agent):
            @aiomas.expose
            async def ask(self, addr, n):
                other = await self.container.connect(addr)
                return await other.double(n)

            @aiomas.expose
            def double(self, n):
                return 2 * n

        async def run():
            containers = []
            for _ in range(2):
                with socket.socket() as s:
                    s.bind(('127.0.0.1', 0))
                    address = s.getsockname()
                containers.append(await Container.create(address, as_coro=True))
            a, b = [Agent(c) for c in containers]
            proxy = await a.container.connect(b.addr)
            assert await proxy.ask(a.addr, 21) == 42
            print(proxy._channel._fast is not None)
            for c in containers:
                c._tcp_server.close()
                for client in c._rpc_cons:
                    client.service.cancel()
            await asyncio.sleep(0)
        asyncio.run(run())
    ''') == 'True\n'
