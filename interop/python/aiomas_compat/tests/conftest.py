"""All tests run with the package imported."""

import aiomas_compat  # noqa: F401
