"""Say what is fast here: ``python -m aiomas_fast``."""

from __future__ import annotations

import platform
import sys

import aiomas  # type: ignore[import-untyped]

from . import status


def main() -> int:
    print('Python %s, aiomas %s' % (platform.python_version(), aiomas.__version__))
    parts = status()
    for part in parts:
        print('%-28s  %s' % (part.target, 'fast' if part.fast else 'as it is: ' + part.reason))
    return 0 if parts[0].fast else 1


if __name__ == '__main__':
    sys.exit(main())
