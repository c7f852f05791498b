"""What the package says about itself."""

import aiomas
import pytest

import aiomas_fast
from helpers import run_python

TARGETS = ['aiomas.channel', 'aiomas.rpc', 'aiomas.codecs.JSON', 'aiomas.codecs.MsgPack', 'aiomas.codecs.MsgPackBlosc']


def test_status():
    parts = aiomas_fast.status()
    assert [part.target for part in parts] == TARGETS
    assert all(part.fast == (part.reason == '') for part in parts)
    assert all(part.fast for part in parts[:3])


def test_depends_on_the_libraries():
    fast = {part.target.rpartition('.')[2]: part.fast for part in aiomas_fast.status()}
    msgpack = aiomas.codecs.msgpack
    assert fast['MsgPack'] == (msgpack is not None)
    assert fast['MsgPackBlosc'] == (msgpack is not None and aiomas.codecs.blosc is not None)


def test_msgpack_needs_compat():
    if aiomas.codecs.msgpack is None or aiomas.codecs.msgpack.version < (1, 0):
        pytest.skip('not with this msgpack')
    said = run_python(code='import aiomas_fast; print(aiomas_fast.status()[3].reason)')
    assert said == 'msgpack 1.0 and newer need aiomas_compat\n'


def test_log():
    said = run_python(code='''
        import logging, sys
        logging.basicConfig(stream=sys.stdout, level=logging.INFO, format='%(name)s %(levelname)s %(message)s')
        import aiomas_fast
    ''')
    assert said.splitlines()[:2] == ['aiomas_fast INFO aiomas.channel: fast', 'aiomas_fast INFO aiomas.rpc: fast']
    assert len(said.splitlines()) == len(TARGETS)


def test_says_nothing_unasked():
    assert run_python(code='import aiomas_fast') == ''


def test_command_line():
    first, *lines = run_python('-m', 'aiomas_fast').splitlines()
    assert 'aiomas ' + aiomas.__version__ in first
    assert [line.split()[0] for line in lines] == TARGETS
    assert lines[0].split()[1] == 'fast'


def test_replacements_look_like_the_originals():
    assert aiomas.channel.Channel.send.__qualname__ == 'Channel.send'
    assert aiomas.channel.ChannelProtocol.data_received.__doc__.startswith('Buffer incomming data')
    assert aiomas.rpc.rpc_service_process.__module__ == 'aiomas.rpc'
