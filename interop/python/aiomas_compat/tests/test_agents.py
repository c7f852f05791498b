import asyncio
import os
import subprocess
import sys

import aiomas
import aiomas.local_queue
import pytest

from helpers import HERE


class Agent(aiomas.Agent):
    def __init__(self, container):
        super().__init__(container)
        self.got = []

    @aiomas.expose
    def take(self, value):
        self.got.append(value)
        return value

    @aiomas.expose
    async def rest(self):
        await self.container.clock.sleep(0.001)
        return self.container.clock.utcnow()


@pytest.fixture
def addresses(request, tmp_path_factory):
    """Return a function for addresses that no container has yet."""
    directory = tmp_path_factory.mktemp('s')
    count = iter(range(100))

    def address():
        if request.param == 'tcp':
            return '127.0.0.1', 0
        if request.param == 'ipc':
            return str(directory / str(next(count)))
        return aiomas.get_queue('%s-%d' % (request.node.name, next(count)))
    yield address
    aiomas.local_queue.clear_queue_cache()


def knows_its_port(container):
    """Return *container*, which believes in the port 0 that it was given."""
    server = container._tcp_server
    if hasattr(server, 'sockets') and ':0/' in container._base_url:
        container._base_url = container._base_url.replace(':0/', ':%d/' % server.sockets[0].getsockname()[1])
    return container


@pytest.mark.parametrize('codec', [aiomas.JSON, aiomas.MsgPack, aiomas.MsgPackBlosc])
@pytest.mark.parametrize('addresses', ['tcp', 'ipc', 'local'], indirect=True)
def test_containers(addresses, codec):
    async def run():
        a, b = [knows_its_port(await aiomas.Container.create(addresses(), codec=codec, as_coro=True)) for _ in range(2)]
        agents = [Agent(a), Agent(b)]
        # Each calls the other, over connections of its own.
        for caller, callee in (agents, agents[::-1]):
            proxy = await caller.container.connect(callee.addr)
            assert str(proxy) == 'AgentProxy(%r)' % callee.addr
            assert await asyncio.gather(*[proxy.take(i) for i in range(100)]) == list(range(100))
            assert callee.got == list(range(100))
            assert (await proxy.rest()).tzinfo is not None
        for container in (a, b):
            await asyncio.wait_for(container.shutdown(as_coro=True), 60)
    asyncio.run(run())


@pytest.mark.parametrize('addresses', ['tcp', 'ipc', 'local'], indirect=True)
def test_synchronous(addresses):
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        container = knows_its_port(aiomas.Container.create(addresses()))
        agent = Agent(container)

        async def run():
            return await (await container.connect(agent.addr)).take('x')
        assert aiomas.run(run()) == 'x'
        container.shutdown()
    finally:
        asyncio.set_event_loop(None)
        loop.close()


@pytest.mark.parametrize('when', ['at once', 'later'])
def test_shutdown_with_a_foreign_client(when):
    async def run():
        container = await aiomas.Container.create(('127.0.0.1', 0), as_coro=True)
        port = container._tcp_server.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection('127.0.0.1', port)
        while when == 'later' and not container._rpc_cons:
            await asyncio.sleep(0.001)
        await asyncio.wait_for(container.shutdown(as_coro=True), 60)
        writer.close()
    asyncio.run(run())


SUBPROCESS = """
import sys
import aiomas, aiomas_compat
clock = aiomas.ExternalClock('2010-03-27T00:00:00+01:00', init_time=-1)
aiomas.run(aiomas.subproc.start(sys.argv[1], clock=clock, codec=aiomas.MsgPackBlosc))
print('ended')
"""


def spawned(container):
    return Agent(container)


async def spawned_later(container):
    return Agent(container)


def test_subprocess(tmp_path_factory):
    path = str(tmp_path_factory.mktemp('s') / 's')
    process = subprocess.Popen(
        [sys.executable, '-W', 'ignore', '-c', SUBPROCESS, path], stdout=subprocess.PIPE, text=True,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, [os.environ.get('PYTHONPATH'), HERE]))))

    async def run():
        container = await aiomas.Container.create(('127.0.0.1', 0), codec=aiomas.MsgPackBlosc, as_coro=True)
        manager = await container.connect('ipc://[%s]/0' % path, timeout=60)
        for number, name in enumerate(('spawned', 'spawned_later'), 1):
            proxy, addr = await manager.spawn('test_agents:' + name)
            assert addr == 'ipc://[%s]/%d' % (path, number)
            assert await proxy.take(number) == number
        rest = proxy.rest()
        await proxy.take(3)  # until the other one sleeps
        await manager.set_time(10)
        assert (await rest).isoformat() == '2010-03-26T23:00:10+00:00'
        await manager.stop()
        await container.shutdown(as_coro=True)
    try:
        asyncio.run(run())
        said, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (said, process.returncode) == ('ended\n', 0)
