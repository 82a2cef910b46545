"""Put the reference solution on the path: `import needle` is the instructor's package here."""

import sys
from pathlib import Path

import pytest

REFERENCE = Path(__file__).resolve().parents[2] / "reference_solution"
sys.path[:0] = [str(REFERENCE / "python"), str(REFERENCE / "apps")]


@pytest.fixture
def lazy_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test runs in lazy mode."""
    import needle

    monkeypatch.setattr(needle.autograd, "LAZY_MODE", True)
