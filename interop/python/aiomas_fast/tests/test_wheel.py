"""The wheel that is built is complete."""

import os
import subprocess
import sys
import zipfile

import pytest

from helpers import HERE, run_python

PROJECT = os.path.dirname(HERE)
FILES = ['__init__.py', '__main__.py', '_codecs.py', '_failures.py', '_install.py', '_service.py', '_wire.py', 'py.typed']


def test_wheel(tmp_path):
    pytest.importorskip('build')
    pytest.importorskip('flit_core')
    if not os.path.exists(os.path.join(PROJECT, 'pyproject.toml')):
        pytest.skip('the tests are not in the project')
    # With what is installed: an environment of its own would need the network.
    subprocess.run([sys.executable, '-m', 'build', '--no-isolation', '--outdir', str(tmp_path / 'dist'), PROJECT], check=True,
                   cwd=str(tmp_path), stdout=subprocess.DEVNULL)
    wheel, = (tmp_path / 'dist').glob('aiomas_fast-*-py3-none-any.whl')
    assert list((tmp_path / 'dist').glob('aiomas_fast-*.tar.gz'))
    with zipfile.ZipFile(str(wheel)) as archive:
        assert sorted(n.partition('/')[2] for n in archive.namelist() if n.startswith('aiomas_fast/')) == FILES
    target = str(tmp_path / 'installed')
    subprocess.run([sys.executable, '-m', 'pip', 'install', '--quiet', '--no-deps', '--target', target, str(wheel)], check=True)
    said = run_python('-c', 'import aiomas_fast; print(aiomas_fast.__file__, aiomas_fast.status()[0].fast)',
                      PYTHONPATH=os.pathsep.join(filter(None, [target, os.environ.get('PYTHONPATH')])))
    assert said == '%s True\n' % os.path.join(target, 'aiomas_fast', '__init__.py')
