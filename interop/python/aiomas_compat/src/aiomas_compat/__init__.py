"""Lets aiomas 2.0.1 work on today's Pythons and libraries.

Import it, before or after aiomas:

    import aiomas
    import aiomas_compat

That replaces what fails on the versions that are installed, and nothing else; where nothing
fails, it does nothing.  What goes over the network stays the same, byte for byte.
:func:`patched` tells what was replaced and why, as do the log (``aiomas_compat``, level INFO)
and ``python -m aiomas_compat``.
"""

from __future__ import annotations

from typing import Tuple

from . import _mends
from ._mends import Patch

__all__ = ['Patch', 'patched']
__version__ = '1.0.0'


def patched() -> Tuple[Patch, ...]:
    """Return what was replaced in aiomas, in a fixed order."""
    return tuple(Patch(mend.target, mend.reason) for mend in _mends.MENDS if _mends.is_applied(mend))


_mends.apply()
