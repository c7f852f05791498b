"""The time of an external clock as a date."""

from __future__ import annotations

import functools
import warnings
from typing import Any, Callable

import arrow


def needed() -> bool:
    """Tell whether ``Arrow.replace(seconds=1)`` does not add a second any more."""
    start = arrow.Arrow(2000, 1, 1)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # from 0.9 on it says that it is deprecated
        try:
            return start.replace(seconds=1) != start.shift(seconds=1)
        except (AttributeError, TypeError, ValueError):
            return True


def utcnow(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @functools.wraps(original)
    def utcnow(self: Any) -> Any:
        return self._utc_start.shift(seconds=self._time)

    return utcnow
