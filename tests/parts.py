"""Parts of a machine that tests need."""

from __future__ import annotations

import os

import pytest


def require(present: bool, what: str) -> None:
    """Skip and say what is missing; in CI, where everything can be installed, fail."""
    if present:
        return
    if os.environ.get("CI"):
        pytest.fail(f"CI has to install {what}")
    pytest.skip(f"{what} is missing here")
