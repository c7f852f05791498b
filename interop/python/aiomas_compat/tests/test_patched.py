"""Importing the package, and what it says about itself."""

import importlib
import json
import sys

import aiomas
import aiomas.clocks
import pytest

import aiomas_compat
from helpers import run_python

TARGETS = """
import json
def targets():
    import aiomas_compat
    print(json.dumps([patch.target for patch in aiomas_compat.patched()]))
"""


def targets():
    return [patch.target for patch in aiomas_compat.patched()]


@pytest.mark.parametrize('imports', [
    'import aiomas_compat', 'import aiomas_compat, aiomas', 'import aiomas, aiomas_compat',
    'from aiomas import *; import aiomas_compat', 'import aiomas.codecs; import aiomas_compat'])
def test_any_order_of_imports(imports):
    assert json.loads(run_python(code=TARGETS + imports + '\ntargets()')) == targets()


def test_replaces_once():
    before = {t: aiomas_compat._mends._find(t)[0].__dict__[t.rpartition('.')[2]] for t in targets()}
    importlib.reload(aiomas_compat)
    kept = sys.modules.copy()
    try:
        for name in list(sys.modules):
            if name.partition('.')[0] == 'aiomas_compat':
                del sys.modules[name]
        again = importlib.import_module('aiomas_compat')
        assert [patch.target for patch in again.patched()] == targets()
    finally:
        sys.modules.update(kept)
    assert before == {t: aiomas_compat._mends._find(t)[0].__dict__[t.rpartition('.')[2]] for t in before}


def test_patches_tell_why():
    for patch in aiomas_compat.patched():
        assert patch.target.startswith('aiomas.') and len(patch.reason) > 20
        assert patch == (patch.target, patch.reason)


def test_depends_on_the_versions():
    found = set(targets())
    msgpack = aiomas.codecs.msgpack
    new_msgpack = msgpack is not None and msgpack.version >= (1, 0)
    assert ('aiomas.codecs.MsgPack.decode' in found) == new_msgpack
    assert ('aiomas.codecs.MsgPackBlosc.decode' in found) == new_msgpack
    for module in ('clocks', 'agent', 'local_queue'):
        assert ('aiomas.%s.asyncio' % module in found) == (sys.version_info >= (3, 10))
    assert ('aiomas.channel.start_server' in found) == (sys.version_info >= (3, 12))


def test_nobody_else_sees_another_asyncio():
    import asyncio
    assert asyncio.__class__ is type(sys)
    assert sys.modules['asyncio'] is asyncio
    assert aiomas.clocks.asyncio.get_event_loop is asyncio.get_event_loop
    assert dir(aiomas.clocks.asyncio) == dir(asyncio)


def test_replacements_look_like_the_originals():
    assert aiomas.MsgPack.decode.__qualname__ == 'MsgPack.decode'
    assert aiomas.ExternalClock.utcnow.__qualname__ == 'ExternalClock.utcnow'
    assert aiomas.channel.start_server.__doc__.startswith('Start a server')
    assert aiomas.clocks.asyncio.__name__ == 'asyncio'


def test_log():
    said = run_python(code="""
        import logging, sys
        logging.basicConfig(stream=sys.stdout, level=logging.INFO, format='%(name)s %(levelname)s %(message)s')
        import aiomas_compat
    """)
    assert said.splitlines() == ['aiomas_compat INFO replaced %s: %s' % patch for patch in aiomas_compat.patched()]


def test_says_nothing_unasked():
    assert run_python(code='import aiomas_compat') == ''


def test_command_line():
    first, *lines = run_python('-m', 'aiomas_compat').splitlines()
    assert first.startswith('Python %d.%d.' % sys.version_info[:2]) and 'aiomas ' + aiomas.__version__ in first
    said = [line.partition('  ')[::2] for line in lines]
    assert [text.strip() for _, text in said] == ['%s: %s' % mend[:2] for mend in aiomas_compat._mends.MENDS]
    assert [text.strip() for word, text in said if word == 'mended'] == ['%s: %s' % patch for patch in aiomas_compat.patched()]


def test_another_aiomas_is_left_alone():
    assert json.loads(run_python(code=TARGETS + """
import aiomas
aiomas.__version__ = '3.0.0'
targets()
""")) == []
