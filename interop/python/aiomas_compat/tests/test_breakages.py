"""Exactly what fails here is mended."""

import json
import os

import pytest

import aiomas_compat
from breakages import BREAKAGES
from helpers import HERE, run_python


@pytest.mark.parametrize('target', BREAKAGES)
def test_works_with_compat(target):
    BREAKAGES[target]()


def test_what_fails_without_is_patched():
    outcome = json.loads(run_python(os.path.join(HERE, 'breakages.py')))
    failed = {target for target, error in outcome.items() if error is not None}
    assert failed == {patch.target for patch in aiomas_compat.patched()}, outcome


def test_each_patch_has_a_breakage():
    assert list(BREAKAGES) == [mend.target for mend in aiomas_compat._mends.MENDS]
