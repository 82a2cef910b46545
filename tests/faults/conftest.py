"""The suite of a file of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.runner import Suite


@pytest.fixture(scope="module")
def suite(bubblewrap: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """Repeat experiments with bubblewrap."""
    with Suite(tmp_path_factory.mktemp("faults"), "bubblewrap") as made:
        yield made
