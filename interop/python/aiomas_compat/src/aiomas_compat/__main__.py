"""Say what is mended here: ``python -m aiomas_compat``."""

from __future__ import annotations

import platform
import sys

import aiomas  # type: ignore[import-untyped]
import arrow

from . import _mends


def main() -> int:
    print(', '.join(versions()))
    if not _mends.supported():
        print('Nothing is mended: only aiomas 2.0.x is known.')
        return 1
    for mend in _mends.MENDS:
        print('%-10s  %s: %s' % ('mended' if _mends.is_applied(mend) else 'not needed', mend.target, mend.reason))
    return 0


def versions() -> list[str]:
    found = ['Python ' + platform.python_version(), 'aiomas ' + aiomas.__version__, 'arrow ' + arrow.__version__]
    for name, module in (('msgpack', aiomas.codecs.msgpack), ('blosc', aiomas.codecs.blosc)):
        if module is None:
            found.append('no ' + name)
        elif name == 'msgpack':
            found.append('msgpack ' + '.'.join(map(str, module.version)))
        else:
            found.append('blosc ' + module.__version__)
    return found


if __name__ == '__main__':
    sys.exit(main())
