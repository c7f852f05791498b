"""All tests run with the package imported, and on msgpack 1.0 and newer with aiomas_compat."""

import asyncio

import aiomas
import pytest

import aiomas_fast  # noqa: F401

try:
    import aiomas_compat
except ImportError:
    aiomas_compat = None

try:
    import uvloop
except ImportError:
    uvloop = None


def pytest_report_header():
    return 'with%s aiomas_compat, with%s uvloop' % ('' if aiomas_compat else 'out', '' if uvloop else 'out')


@pytest.fixture(params=['asyncio', pytest.param('uvloop', marks=pytest.mark.skipif(uvloop is None, reason='no uvloop'))])
def run(request):
    """Return what runs a coroutine in an event loop of each kind, and fails if something goes wrong in it."""
    new = asyncio.new_event_loop if request.param == 'asyncio' else uvloop.new_event_loop

    def run(coroutine):
        loop = new()
        problems = []
        loop.set_exception_handler(lambda loop, context: problems.append(context))
        asyncio.set_event_loop(loop)
        try:
            result = loop.run_until_complete(coroutine)
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            asyncio.set_event_loop(None)
            loop.close()
        assert not problems
        return result

    return run


CODECS = [aiomas.JSON] + ([aiomas.MsgPack] if aiomas.codecs.msgpack else [])
if aiomas.codecs.msgpack and aiomas.codecs.blosc:
    CODECS.append(aiomas.MsgPackBlosc)


@pytest.fixture(params=CODECS, ids=lambda codec: codec.__name__)
def codec(request):
    return request.param
