"""The texts of exceptions are those of aiomas, byte for byte."""

import re

import pytest

from conftest import aiomas_compat
from helpers import run_script


@pytest.mark.parametrize('options', [[], ['--compat']], ids=' '.join)
def test_texts_of_exceptions(options):
    if '--compat' in options and aiomas_compat is None:
        pytest.skip('no aiomas_compat')
    plain, fast = (normal(run_script('failures.py', kind, *options)) for kind in ('plain', 'fast'))
    assert fast == plain
    assert plain.count('Traceback') > 15 and 'aiomas_fast' not in fast.replace('aiomas_fast/tests', '')


def normal(text):
    text = re.sub(r"\('127\.0\.0\.1', \d+\)", 'PEER', text)
    return re.sub(r'repeated \d+ more', 'repeated', text)  # how much of the stack is left to functions differs
