"""Put the reference solution on the path: `import needle` is the instructor's package here.

It computes with NumPy, whether Needle's own arrays are compiled or not; see `libraries` for those.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

os.environ.setdefault("NEEDLE_BACKEND", "np")
REFERENCE = Path(__file__).resolve().parents[2] / "reference_solution"
sys.path[:0] = [str(REFERENCE / "python"), str(REFERENCE / "apps")]
if os.environ["NEEDLE_BACKEND"] == "nd":
    import backends

    backends.ndarrays()


@pytest.fixture
def lazy_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test runs in lazy mode."""
    import needle

    monkeypatch.setattr(needle.autograd, "LAZY_MODE", True)


@pytest.fixture(scope="session")
def nd() -> ModuleType:
    """Needle's own arrays, with all backends."""
    import backends

    return backends.ndarrays()


@pytest.fixture(params=["cpu_numpy", "cpu", "cuda"])
def device(request: pytest.FixtureRequest, nd: ModuleType) -> Iterator[Any]:
    """Each device in turn, with new memory full of NaN: who reads before he writes shall see it."""
    make = nd.NDArray.make

    def make_poisoned(
        shape: Any, strides: Any = None, device: Any = None, handle: Any = None, offset: int = 0
    ) -> Any:
        array = make(shape, strides, device, handle, offset)
        if handle is None:
            array.fill(float("nan"))
        return array

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nd.NDArray, "make", staticmethod(make_poisoned))
        yield getattr(nd, request.param)()
