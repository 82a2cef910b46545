"""Devices, their backend modules, and what these do with memory directly."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from pathlib import Path

import backends
import numpy as np
import pytest
from ndarray_kit import expect

FUNCTIONS = """to_numpy from_numpy fill compact ewise_setitem scalar_setitem ewise_add scalar_add
ewise_mul scalar_mul ewise_div scalar_div scalar_power ewise_maximum scalar_maximum ewise_eq
scalar_eq ewise_ge scalar_ge ewise_log ewise_exp ewise_tanh matmul reduce_max reduce_sum Array"""


def test_every_backend_has_every_function(nd):
    for device in nd.all_devices():
        assert not [name for name in FUNCTIONS.split() if not hasattr(device, name)]
    assert [hasattr(d, "matmul_tiled") for d in nd.all_devices()] == [True, False, False]
    assert [d.__device_name__ for d in nd.all_devices()] == ["cpu", "cuda", "numpy"]
    assert (nd.cpu().__tile_size__, nd.cuda().__tile_size__) == (8, 4)


def test_names_of_devices(nd):
    assert [repr(device) for device in nd.all_devices()] == ["cpu()", "cuda()", "cpu_numpy()"]
    assert nd.cpu().__name__ == "needle.backend_ndarray.ndarray_backend_cpu"
    assert nd.default_device() == nd.cpu() != nd.cuda()
    with pytest.raises(TypeError, match="unhashable"):
        hash(nd.cpu())


def test_a_device_without_backend(nd):
    device = nd.BackendDevice("cuda", None)
    assert not device.enabled()
    assert device == nd.cuda()
    assert not hasattr(device, "matmul")
    with pytest.raises(AttributeError, match=r"cuda\(\) has no backend here, so no Array"):
        nd.array([1.0], device=device)


def test_copies(nd, device):
    assert copy.deepcopy(device) == pickle.loads(pickle.dumps(device)) == device
    data = np.arange(6, dtype="float32").reshape(2, 3)
    array = nd.array(data, device=device)
    views = array.permute((1, 0))
    for clone in (nd.NDArray(views), copy.deepcopy(views), pickle.loads(pickle.dumps(views))):
        assert clone.device == device
        clone.fill(0)
        expect(views, data.T)
    assert array.to(device) is array
    for other in nd.all_devices():
        expect(array.to(other), data)


@pytest.mark.parametrize("dtype", ["float64", "int64", "uint8", "bool"])
def test_numbers_of_any_type_become_float32(nd, device, dtype):
    data = np.array([[0, 1], [1, 3]]).astype(dtype)
    expect(nd.array(data, device=device), data)
    expect(nd.array(data.T.tolist(), device=device), data.T)
    assert nd.array(data, device=device).dtype == "float32"


def test_only_float32(nd, device):
    for make in (device.empty, device.rand, device.randn):
        with pytest.raises(AssertionError, match="float32, not float64"):
            make((2,), dtype="float64")
    with pytest.raises(AssertionError, match="float32, not int32"):
        nd.array([1], dtype="int32", device=device)
    assert device.full((2, 2), 3, dtype=None).numpy().tolist() == [[3, 3], [3, 3]]


def test_random_numbers_are_numpys(nd, device):
    for draw, shape in (("rand", (2, 3)), ("randn", (4,)), ("rand", ()), ("randn", ())):
        np.random.seed(3)
        expected = getattr(np.random, draw)(*shape)
        np.random.seed(3)
        expect(getattr(device, draw)(*shape), expected)


def test_one_hot(nd, device):
    expect(device.one_hot(3, [2, 0]), [[0, 0, 1], [1, 0, 0]])
    expect(device.one_hot(2, 1), [0, 1])
    rows = np.random.default_rng(0).integers(0, 5, (4, 3), dtype="uint8")
    expect(device.one_hot(5, rows), np.eye(5)[rows])


def test_functions_take_memory(nd, device):
    a, b, out = device.Array(6), device.Array(6), device.Array(6)
    device.from_numpy(np.arange(6, dtype="float32"), a)
    device.fill(b, 2.5)
    device.ewise_add(a, b, out)
    assert device.to_numpy(out, (2, 2), (1, 2), 1).tolist() == [[3.5, 5.5], [4.5, 6.5]]
    device.compact(a, out, [3, 2], [-2, 1], 4)
    assert device.to_numpy(out, (6,), (1,), 0).tolist() == [4, 5, 2, 3, 0, 1]
    device.scalar_setitem(4, 9.0, a, [2, 2], [3, 1], 0)
    assert device.to_numpy(a, (6,), (1,), 0).tolist() == [9, 9, 2, 9, 9, 5]
    device.ewise_setitem(b, a, [6], [1], 0)
    assert device.to_numpy(a, (6,), (1,), 0).tolist() == [2.5] * 6


def test_arrays_without_elements(nd, device):
    empty = device.empty((0, 3))
    assert (empty + 1).exp().permute((1, 0)).compact().numpy().shape == (3, 0)
    empty.fill(2)
    assert (empty.permute((1, 0)).compact() @ empty).numpy().tolist() == [[0.0] * 3] * 3


def test_memory_of_another_size_is_refused(nd):
    for device in (nd.cpu(), nd.cuda()):
        with pytest.raises(ValueError, match="differ in size"):
            device.from_numpy(np.zeros(3, dtype="float32"), device.Array(2))


def test_cuda_has_eight_dimensions(nd):
    array = nd.array(np.zeros((1,) * 9), device=nd.cuda())
    with pytest.raises(RuntimeError, match="at most 8 dimensions, not 9"):
        array.broadcast_to((2,) * 9).compact()


@pytest.mark.parametrize("kernels", ["baseline", "avx2"])
def test_other_instruction_sets(nd, kernels):
    """What this processor would not choose by itself passes the same tests."""
    folder = Path(__file__).parent
    files = sorted(str(path) for path in folder.glob("test_ndarray_[ermv]*.py"))
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-k", "[cpu- or [cpu]", *files]
    if not _has(kernels):
        pytest.skip(f"this processor has no {kernels}")
    environment = os.environ | {"NEEDLE_CPU_KERNELS": kernels}
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout
    assert "passed" in run.stdout


def _has(kernels: str) -> bool:
    """Tell whether the backend can compute with a set of kernels here."""
    code = "import backends; nd = backends.ndarrays(); nd.array([1.0]).exp()"
    path = os.pathsep.join([str(Path(__file__).parent), str(backends.ROOT)])
    path += os.pathsep + str(backends.REFERENCE / "python")
    environment = os.environ | {"NEEDLE_CPU_KERNELS": kernels, "PYTHONPATH": path}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    return run.returncode == 0


def test_a_missing_backend_names_the_command(tmp_path):
    package = backends.REFERENCE / "python" / "needle" / "backend_ndarray"
    for source in package.glob("*.py"):
        (tmp_path / "backend").mkdir(exist_ok=True)
        (tmp_path / "backend" / source.name).write_bytes(source.read_bytes())
    run = subprocess.run(
        [sys.executable, "-c", "import backend"], cwd=tmp_path, capture_output=True, text=True
    )
    assert "ImportError: needle's CPU backend cannot be loaded" in run.stderr
    assert "`make native`" in run.stderr
