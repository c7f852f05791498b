"""What a peer on the raw wire and the program see is what they see without the package."""

import functools
import json

import pytest

from conftest import aiomas_compat, uvloop
from helpers import run_script
from scenarios import PLAYS

OPTIONS = [[], ['--uvloop'], ['--compat']]


@functools.lru_cache(maxsize=None)
def perform(*args):
    return json.loads(run_script('scenarios.py', *args))


@pytest.mark.parametrize('name', PLAYS)
@pytest.mark.parametrize('options', OPTIONS, ids=' '.join)
def test_plays_as_without(name, options):
    if '--uvloop' in options and uvloop is None:
        pytest.skip('no uvloop')
    if '--compat' in options and aiomas_compat is None:
        pytest.skip('no aiomas_compat')
    assert perform('fast', *options)[name] == perform('plain', *options)[name]


def test_plays_show_something():
    for name, result in perform('plain').items():
        assert result['saw'] or result['closed'], name
