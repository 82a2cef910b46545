import sys

sys.path.append("./package")
import numpy as np
import pytest

from minidl import nd

rng = np.random.RandomState(0)

_DEVICES = [
    nd.cpu(),
    pytest.param(nd.gpu(), marks=pytest.mark.skipif(not nd.gpu().enabled(), reason="No GPU")),
]


def compare_strides(a_np, a_nd):
    size = a_np.itemsize
    assert tuple([x // size for x in a_np.strides]) == a_nd.strides


def check_same_memory(original, view):
    assert original._handle.ptr() == view._handle.ptr()


@pytest.mark.parametrize("device", _DEVICES)
@pytest.mark.parametrize(
    "params",
    [
        {"shape": (4, 4), "np_fn": lambda X: X.transpose(), "nd_fn": lambda X: X.permute((1, 0))},
        {"shape": (4, 1, 4), "np_fn": lambda X: np.broadcast_to(X, (4, 5, 4)), "nd_fn": lambda X: X.broadcast_to((4, 5, 4))},
        {"shape": (8, 8), "np_fn": lambda X: X[4:, 4:], "nd_fn": lambda X: X[4:, 4:]},
        {"shape": (8, 8), "np_fn": lambda X: X[::2, 1:3], "nd_fn": lambda X: X[::2, 1:3]},
    ],
    ids=["transpose", "broadcast_to", "getitem1", "getitem2"],
)
def test_views(params, device):
    a_np = rng.randn(*params["shape"]).astype("float32")
    a_nd = nd.NDArray(a_np, device=device)
    view_np, view_nd = params["np_fn"](a_np), params["nd_fn"](a_nd)
    compare_strides(view_np, view_nd)
    check_same_memory(a_nd, view_nd)
    np.testing.assert_allclose(view_np, view_nd.numpy(), atol=1e-5, rtol=1e-5)
    assert not view_nd.is_compact()
    assert view_nd.compact().is_compact()


@pytest.mark.parametrize("device", _DEVICES)
def test_setitem(device):
    A = nd.NDArray(np.zeros((3, 4)), device=device)
    start = A._handle.ptr()
    A[1, 1:3] = 5
    A[0:2, 0:1] = nd.NDArray(np.ones((2, 1)), device=device)
    expected = np.zeros((3, 4))
    expected[1, 1:3] = 5
    expected[0:2, 0:1] = 1
    np.testing.assert_array_equal(A.numpy(), expected)
    assert A._handle.ptr() == start


OPS = {
    "add": lambda a, b: a + b,
    "multiply": lambda a, b: a * b,
    "equal": lambda a, b: a == b,
    "greater_than": lambda a, b: a >= b,
}


@pytest.mark.parametrize("fn", OPS.values(), ids=list(OPS))
@pytest.mark.parametrize("device", _DEVICES)
def test_ewise(fn, device):
    _A, _B = rng.randint(0, 3, (3, 4)), rng.randint(0, 3, (3, 4))
    A, B = nd.NDArray(_A, device=device), nd.NDArray(_B, device=device)
    np.testing.assert_allclose(fn(_A, _B), fn(A, B).numpy())


@pytest.mark.parametrize("fn", OPS.values(), ids=list(OPS))
def test_ewise_scalar(fn):
    _A = rng.randint(0, 3, (3, 4))
    A = nd.NDArray(_A)
    np.testing.assert_allclose(fn(_A, 1), fn(A, 1).numpy())
    np.testing.assert_allclose(fn(_A, 2.0), fn(A, _A.max().item() * 1.0).numpy())


def test_devices():
    assert nd.cpu() == nd.cpu()
    assert nd.cpu() != nd.gpu()
    assert nd.NDArray([1, 2]).device == nd.cpu()
    assert str(nd.cpu()) == "cpu()"
    assert nd.cpu().__device_name__ == "cpu"
    assert nd.cpu().__tile_size__ == 8
    assert not hasattr(nd.cpu(), "nothing")
    assert nd.cpu().enabled() and not nd.gpu().enabled()
    with pytest.raises(TypeError):
        hash(nd.cpu())
    assert nd.all_devices() == [nd.cpu(), nd.gpu()]
    assert nd.all_devices()[0].name == "cpu"


class ShapeAndSlices(nd.NDArray):
    def __getitem__(self, idxs):
        idxs = tuple([self.process_slice(s, i) if isinstance(s, slice) else slice(s, s + 1, 1) for i, s in enumerate(idxs)])
        assert len(idxs) == self.ndim, "Need indexes equal to number of dimensions"
        return idxs


def test_slices_of_a_subclass():
    A = ShapeAndSlices(np.zeros((4, 5)))
    assert A[1:, 2] == (slice(1, 4, 1), slice(2, 3, 1))
    with pytest.raises(AssertionError):
        A[3:1, 0]


def test_errors():
    A = nd.NDArray(np.zeros((4, 5)))
    with pytest.raises(ValueError):
        A.reshape((3, 3))
    with pytest.raises(ValueError, match="Empty axis"):
        A.sum(axis=())
    with pytest.raises(AssertionError):
        A + nd.NDArray(np.zeros((5, 4)))
    with pytest.raises(Exception):
        A[0]


def test_views_are_live():
    A = nd.NDArray(np.zeros((2, 2)))
    seen = A.numpy()
    A[0, 0] = 3
    assert seen[0, 0] == 3
    seen[1, 1] = 4
    assert A.numpy()[1, 1] == 4
    np.testing.assert_array_equal(seen, [[3, 0], [0, 4]])


def test_random():
    np.random.seed(0)
    A = nd.cpu().randn(3, 3).numpy()
    np.random.seed(0)
    np.testing.assert_allclose(A, np.random.randn(3, 3), rtol=1e-6)


@pytest.mark.parametrize("device", [nd.cpu()])
def test_ids_come_from_the_module(device, request):
    assert request.node.name == "test_ids_come_from_the_module[minidl.backend_cpu]"
