"""Cancelled functions, and servers that close."""

import asyncio
import os

import aiomas
import pytest

from breakages import echo, serve
from helpers import run_python


@aiomas.expose
async def cancelled():
    task = asyncio.ensure_future(asyncio.sleep(60))
    task.cancel()
    await task


@aiomas.expose
def cancelled_at_once():
    raise asyncio.CancelledError('why')


@aiomas.expose
async def cancels_itself():
    asyncio.current_task().cancel()
    await asyncio.sleep(0)


@aiomas.expose
async def forever():
    await asyncio.Event().wait()


@aiomas.expose
def fail():
    raise ValueError('no')


FUNCTIONS = {f.__name__: f for f in (cancelled, cancelled_at_once, cancels_itself, forever, echo, fail)}


@pytest.mark.parametrize('name', ['cancelled', 'cancelled_at_once', 'cancels_itself'])
def test_cancelled_function_answers(name):
    async def run():
        server, client = await serve(FUNCTIONS)
        for _ in range(2):
            with pytest.raises(aiomas.RemoteException) as info:
                await asyncio.wait_for(getattr(client.remote, name)(), 60)
            last = info.value.remote_traceback.splitlines()[-1]
            assert last.partition(': ')[0] == 'asyncio.exceptions.CancelledError'
        assert await client.remote.echo(1) == 1
        await client.close()
        server.close()
    asyncio.run(run())


def test_others_answer_as_before():
    async def run():
        server, client = await serve(FUNCTIONS)
        assert await asyncio.gather(*[client.remote.echo(i) for i in range(200)]) == list(range(200))
        for name, error in (('fail', 'ValueError: no'), ('nope', 'LookupError: Name "nope" not found in ""')):
            with pytest.raises(aiomas.RemoteException, match='(?s).*' + error):
                await getattr(client.remote, name)()
        await client.close()
        server.close()
    asyncio.run(run())


def test_cancelled_after_the_client_has_gone():
    async def run():
        begun, gone, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

        @aiomas.expose
        async def late():
            begun.set()
            await gone.wait()
            asyncio.get_running_loop().call_soon(ended.set)
            raise asyncio.CancelledError

        server, client = await serve({'late': late})
        call = asyncio.ensure_future(client.remote.late())
        await begun.wait()
        await client.close()
        gone.set()
        await ended.wait()
        for _ in range(10):
            await asyncio.sleep(0)
        server.close()
        with pytest.raises(ConnectionError):
            await call
    asyncio.run(run())


def test_loop_ends_while_a_function_runs():
    # asyncio.run() cancels all tasks in the end. Nobody must then wait for an answer to be sent.
    assert run_python(code="""
        import asyncio
        import aiomas_compat
        from breakages import serve
        from test_rpc import FUNCTIONS

        async def run():
            server, client = await serve(FUNCTIONS)
            call = client.remote.forever()
            print(await client.remote.echo('ends'))

        asyncio.run(run())
    """) == 'ends\n'


@pytest.mark.parametrize('name', ['echo', 'later', 'fail', 'nope'])
def test_takes_as_many_turns_as_before(name):
    async def turns(handle):
        """Return what happened in which turn of the event loop."""
        loop = asyncio.get_running_loop()
        seen, turn = [], 0

        @aiomas.expose
        def noted(value):
            seen.append(('begins', turn))
            return value

        @aiomas.expose
        async def later(value):
            seen.append(('begins', turn))
            await asyncio.sleep(0)
            return value

        class Request:
            content = (name, (1,), {})

            async def reply(self, result):
                seen.append(('reply', turn))
                await asyncio.sleep(0)

            fail = reply

        functions = {'echo': noted, 'later': later, 'fail': fail}
        handling = loop.create_task(handle(Request(), loop, aiomas.rpc.ServiceDict(functions).router))
        while not handling.done():
            await asyncio.sleep(0)
            turn += 1
        handling.result()
        return seen, turn

    mended = aiomas.rpc._handle_request
    assert asyncio.run(turns(mended)) == asyncio.run(turns(mended.__wrapped__))


@pytest.mark.parametrize('name', ['cancelled', 'cancelled_at_once', 'cancels_itself'])
def test_traceback_of_a_cancelled_function_is_that_of_aiomas(name):
    async def run():
        server, client = await serve(FUNCTIONS)
        with pytest.raises(aiomas.RemoteException) as info:
            await getattr(client.remote, name)()
        assert ', in _handle_request\n' in info.value.remote_traceback
        assert os.sep + '_rpc.py' not in info.value.remote_traceback
        await client.close()
        server.close()
    asyncio.run(run())


def test_no_answer_when_the_handling_itself_is_cancelled():
    class Request:
        def __init__(self):
            self.content = ('forever', (), {})
            self.replies = []

        async def fail(self, exception):
            self.replies.append(exception)

    async def run():
        loop = asyncio.get_running_loop()
        request = Request()
        handling = loop.create_task(aiomas.rpc._handle_request(request, loop, aiomas.rpc.ServiceDict(FUNCTIONS).router))
        for _ in range(5):
            await asyncio.sleep(0)
        handling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await handling
        await asyncio.sleep(0)
        assert not request.replies
        assert asyncio.all_tasks() == {asyncio.current_task()}
    asyncio.run(run())


def test_wait_closed():
    async def run():
        server, client = await serve(FUNCTIONS)
        waiting = asyncio.ensure_future(server.wait_closed())
        assert await client.remote.echo(1) == 1
        server.close()
        await asyncio.wait_for(server.wait_closed(), 60)  # with the client connected
        assert await client.remote.echo(2) == 2
        await client.close()
        await asyncio.wait_for(waiting, 60)
    asyncio.run(run())


def test_server_as_context_manager():
    async def run():
        server, client = await serve(FUNCTIONS)

        async def use():
            async with server:
                assert await client.remote.echo(1) == 1
        await asyncio.wait_for(use(), 60)
        assert not server.is_serving()
        await client.close()
    asyncio.run(run())
