"""Makes aiomas 2.0.1 several times as fast, with nothing changed on the wire.

Import it once per process, before the first connection is made:

    import aiomas
    import aiomas_fast

Programs stay as they are.  Where something of aiomas is subclassed or was replaced, that part stays as
it is; :func:`status` tells, as do the log (``aiomas_fast``, level INFO) and ``python -m aiomas_fast``.
With ``AIOMAS_FAST=0`` in the environment nothing happens at all.
"""

from __future__ import annotations

from . import _install
from ._install import Part, status

__all__ = ['Part', 'status']
__version__ = '1.0.0'

_install.install()
