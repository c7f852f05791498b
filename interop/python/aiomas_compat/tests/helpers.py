"""Running Python anew, to import things in another order or not at all, and event loops that never sleep."""

import asyncio
import os
import selectors
import subprocess
import sys
import textwrap

HERE = os.path.dirname(os.path.abspath(__file__))


def run_python(*args, code=None):
    """Run this Python with *args*, or with *code*, and return what it prints."""
    if code is not None:
        args = ('-c', textwrap.dedent(code))
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, [os.environ.get('PYTHONPATH'), HERE])))
    done = subprocess.run(
        (sys.executable, '-W', 'ignore') + args, env=environment, timeout=60, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


class _SkippingLoop(asyncio.SelectorEventLoop):
    """An event loop whose time goes on only when it would sleep, and then at once."""

    def __init__(self):
        super().__init__(_SkippingSelector(self))
        self.skipped = 0

    def time(self):
        return self.skipped


class _SkippingSelector(selectors.SelectSelector):
    def __init__(self, loop):
        super().__init__()
        self.loop = loop

    def select(self, timeout=None):
        if timeout is not None and timeout > 0:
            self.loop.skipped += timeout
            timeout = 0
        return super().select(timeout)


def run_skipping_time(coroutine):
    """Do what asyncio.run() does, but sleep for no real time."""
    loop = _SkippingLoop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(coroutine)
    finally:
        asyncio.set_event_loop(None)
        loop.close()
