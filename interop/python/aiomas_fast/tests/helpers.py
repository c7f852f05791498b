"""Running Python anew, with or without the package."""

import os
import re
import subprocess
import sys
import textwrap

HERE = os.path.dirname(os.path.abspath(__file__))


def run_python(*args, code=None, **environment):
    """Run this Python with *args*, or with *code*, and return what it prints."""
    if code is not None:
        args = ('-c', textwrap.dedent(code))
    environment = dict(os.environ, **environment)
    environment['PYTHONPATH'] = os.pathsep.join(filter(None, [environment.get('PYTHONPATH'), HERE]))
    done = subprocess.run(
        (sys.executable, '-W', 'ignore') + args, env=environment, timeout=120, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_script(name, *args):
    """Run a program of this folder, and return what it prints, without addresses in memory."""
    return re.sub('0x[0-9a-f]+', '0x', run_python(os.path.join(HERE, name), *args))
