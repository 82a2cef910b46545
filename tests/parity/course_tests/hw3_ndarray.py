"""A homework-3 file as courses write them: views against NumPy, kernels on every device."""

import itertools

import mugrade
import needle as ndl
import numpy as np
import pytest
from needle import backend_ndarray as nd

np.random.seed(1)

_DEVICES = [
    nd.cpu(),
    pytest.param(nd.cuda(), marks=pytest.mark.skipif(not nd.cuda().enabled(), reason="No GPU")),
]
_NAMED = ["cpu", "cuda"]


def compare_strides(a_np, a_nd):
    size = a_np.itemsize
    assert tuple(x // size for x in a_np.strides) == a_nd.strides


def check_same_memory(original, view):
    assert original._handle.ptr() == view._handle.ptr()


class _ShapeAndSlices(nd.NDArray):
    def __getitem__(self, idxs):
        idxs = tuple(
            self.process_slice(s, i) if isinstance(s, slice) else slice(s, s + 1, 1)
            for i, s in enumerate(idxs)
        )
        return self.shape, idxs


ShapeAndSlices = lambda *shape: _ShapeAndSlices(np.ones(shape))

VIEWS = [
    ("transpose", (4, 4), lambda X: X.T, lambda X: X.permute((1, 0))),
    (
        "broadcast_to",
        (4, 1, 4),
        lambda X: np.broadcast_to(X, shape=(4, 5, 4)),
        lambda X: X.broadcast_to((4, 5, 4)),
    ),
    ("reshape1", (8, 16), lambda X: X.reshape(2, 4, 16), lambda X: X.reshape((2, 4, 16))),
    ("reshape2", (2, 4, 16), lambda X: X.reshape(8, 16), lambda X: X.reshape((8, 16))),
    ("getitem1", (8, 16), lambda X: X[3:4, 3:4], lambda X: X[3:4, 3:4]),
    ("getitem2", (8, 16), lambda X: X[1:2, 1:3], lambda X: X[1:2, 1:3]),
    ("getitem3", (8, 16), lambda X: X[3:4, 1:4], lambda X: X[3:4, 1:4]),
    ("steps", (8, 16), lambda X: X[1:8:3, ::5], lambda X: X[1:8:3, ::5]),
    ("negative", (8, 16), lambda X: X[:-2, 2:-1], lambda X: X[:-2, 2:-1]),
    (
        "chain",
        (8, 16),
        lambda X: X.reshape(2, 4, 16)[1:2, 2:4, 3:9].transpose(2, 1, 0),
        lambda X: X.reshape((2, 4, 16))[1:2, 2:4, 3:9].permute((2, 1, 0)),
    ),
]


@pytest.mark.parametrize("device", _DEVICES, ids=_NAMED)
@pytest.mark.parametrize("params", VIEWS, ids=[v[0] for v in VIEWS])
def test_views_then_compact(params, device):
    _, shape, np_fn, nd_fn = params
    array = np.random.randint(low=0, high=10, size=shape)
    A = nd.array(array, device=device)
    lhs = nd_fn(A)
    assert not lhs.is_compact() or lhs.shape == np_fn(array).shape
    compacted = lhs.compact()
    assert compacted.is_compact(), "array is not compact"
    np.testing.assert_allclose(compacted.numpy(), np_fn(array), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(lhs.numpy(), np_fn(array), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("params", VIEWS, ids=[v[0] for v in VIEWS])
def test_views_have_strides_of_numpy(params):
    _, shape, np_fn, nd_fn = params
    a_np = np.random.randn(*shape).astype(np.float32)
    a_nd = nd.array(a_np, device=nd.cpu())
    view = nd_fn(a_nd)
    np.testing.assert_equal(view.shape, np_fn(a_np).shape)
    compare_strides(np_fn(a_np), view)
    check_same_memory(a_nd, view)


@pytest.mark.parametrize(
    "params",
    [
        {"shape": (4, 4), "new": (2, 2)},
        {"shape": (2, 3, 4), "new": (25,)},
    ],
)
def test_reshape_refuses(params):
    with pytest.raises(ValueError):
        nd.array(np.ones(params["shape"]), device=nd.cpu()).reshape(params["new"])


def test_reshape_refuses_what_is_not_compact():
    A = nd.array(np.random.randn(4, 6), device=nd.cpu()).permute((1, 0))
    with pytest.raises(ValueError):
        A.reshape((24,))


def test_broadcast_refuses():
    A = nd.array(np.ones((4, 2)), device=nd.cpu())
    with pytest.raises(AssertionError):
        A.broadcast_to((4, 3))


@pytest.mark.parametrize(
    "params",
    [
        (lambda: ShapeAndSlices(1, 2, 3)[:, :, :], ((1, 2, 3), ((0, 1, 1), (0, 2, 1), (0, 3, 1)))),
        (lambda: ShapeAndSlices(9)[2:-2,], ((9,), ((2, 7, 1),))),
        (lambda: ShapeAndSlices(5, 4)[1::2, 3], ((5, 4), ((1, 5, 2), (3, 4, 1)))),
    ],
)
def test_slices_are_processed(params):
    lhs, (shape, slices) = params[0](), params[1]
    assert lhs[0] == shape
    assert tuple((s.start, s.stop, s.step) for s in lhs[1]) == slices


SETITEMS = {
    "same": dict(lhs=(4, 5, 6), li=np.s_[1:2, 0:3, 0:4], rhs=(7, 7, 7), ri=np.s_[1:2, 0:3, 0:4]),
    "steps": dict(lhs=(4, 5, 6), li=np.s_[1:4:2, 0:3, 0:4], rhs=(7, 7, 7), ri=np.s_[1:3, 0:3, 0:4]),
    "both": dict(
        lhs=(4, 5, 6), li=np.s_[1:3, 2:5, 2:6], rhs=(7, 7, 7), ri=np.s_[:2, :3, :7:2]
    ),
}


@pytest.mark.parametrize("device", _DEVICES, ids=_NAMED)
@pytest.mark.parametrize("params", SETITEMS.values(), ids=list(SETITEMS))
def test_setitem_ewise(params, device):
    A_np = np.random.randint(low=0, high=10, size=params["lhs"])
    B_np = np.random.randint(low=0, high=10, size=params["rhs"])
    A, B = nd.array(A_np, device=device), nd.array(B_np, device=device)
    start = A._handle.ptr()
    A[params["li"]] = B[params["ri"]]
    A_np[params["li"]] = B_np[params["ri"]]
    end = A._handle.ptr()
    assert start == end, "you should modify in-place"
    np.testing.assert_allclose(A.numpy(), A_np, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("device", _DEVICES, ids=_NAMED)
@pytest.mark.parametrize("index", [np.s_[1, 2:5, 3], np.s_[1:4:2, :3, :], np.s_[0, 0, 0]])
def test_setitem_scalar(index, device):
    A_np = np.random.randn(4, 5, 6)
    A = nd.array(A_np, device=device)
    start = A._handle.ptr()
    A[index] = 4.0
    A_np[index] = 4.0
    assert start == A._handle.ptr()
    np.testing.assert_allclose(A.numpy(), A_np, rtol=1e-5, atol=1e-5)


OPS = {
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "equal": lambda a, b: a == b,
    "ge": lambda a, b: a >= b,
    "ne": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
}


@pytest.mark.parametrize("fn", OPS.values(), ids=list(OPS))
@pytest.mark.parametrize("shape", [(1, 1, 1), (4, 5, 6), (513,)])
@pytest.mark.parametrize("device", _DEVICES, ids=_NAMED)
def test_ewise_fn(fn, shape, device):
    _A = np.random.randn(*shape).astype(np.float32)
    _B = np.random.randn(*shape).astype(np.float32)
    _B.flat[::3] = _A.flat[::3]
    A, B = nd.array(_A, device=device), nd.array(_B, device=device)
    np.testing.assert_allclose(fn(_A, _B), fn(A, B).numpy(), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("fn", OPS.values(), ids=list(OPS))
@pytest.mark.parametrize("device", _DEVICES)
def test_scalar_fn(fn, device):
    A = np.random.randn(4, 5, 6).astype(np.float32)
    B = np.random.randn(1).astype(np.float32).item()
    np.testing.assert_allclose(
        fn(A, B), fn(nd.array(A, device=device), B).numpy(), atol=1e-5, rtol=1e-5
    )


@pytest.mark.parametrize("shape", [(1, 1, 1), (4, 5, 6), (1000,)])
@pytest.mark.parametrize("device", _DEVICES, ids=_NAMED)
def test_ewise_one_operand(shape, device):
    A = np.random.randn(*shape)
    B = nd.array(A, device=device)
    np.testing.assert_allclose(np.tanh(A), B.tanh().numpy(), atol=1e-5, rtol=1e-5)
    np.testing.assert_allclose(np.exp(A), nd.exp(B).numpy(), atol=1e-5, rtol=1e-5)
    C = np.abs(A) + 0.5
    np.testing.assert_allclose(np.log(C), nd.array(C, device=device).log().numpy(), 1e-5, 1e-5)
    np.testing.assert_allclose(np.maximum(A, 0.1), B.maximum(0.1).numpy(), 1e-5, 1e-5)
    np.testing.assert_allclose(np.maximum(A, -A), nd.maximum(B, -B).numpy(), 1e-5, 1e-5)


@pytest.mark.parametrize("device", _DEVICES, ids=_NAMED)
@pytest.mark.parametrize("power", [0, 1, 2, 0.5, -1])
def test_scalar_power(device, power):
    A = np.abs(np.random.randn(5, 5)) + 0.1
    B = nd.array(A, device=device) ** power
    np.testing.assert_allclose(B.numpy(), A**power, atol=1e-4, rtol=1e-4)


def test_scalar_power_of_negatives():
    A = np.array([[-1.5, 2.0], [-0.25, 4.0]])
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose((nd.array(A, device=nd.cpu()) ** 0.5).numpy(), A**0.5, rtol=1e-5)


REDUCTIONS = [
    {"dims": (10,), "axis": 0},
    {"dims": (4, 5, 6), "axis": 0},
    {"dims": (4, 5, 6), "axis": 1},
    {"dims": (4, 5, 6), "axis": 2},
    {"dims": (1, 1, 1), "axis": 1},
    {"dims": (17, 129), "axis": 0},
]


@pytest.mark.parametrize("params", REDUCTIONS)
@pytest.mark.parametrize("keepdims", [True, False])
@pytest.mark.parametrize("device", _DEVICES, ids=_NAMED)
@pytest.mark.parametrize("name", ["sum", "max"])
def test_reduce(params, keepdims, device, name):
    _A = np.random.randn(*params["dims"])
    A = nd.array(_A, device=device)
    got = getattr(A, name)(axis=params["axis"], keepdims=keepdims)
    want = getattr(_A, name)(axis=params["axis"], keepdims=keepdims)
    assert got.shape == want.shape
    np.testing.assert_allclose(want, got.numpy(), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("device", _DEVICES, ids=_NAMED)
def test_reduce_everything(device):
    _A = np.random.randn(4, 5, 6)
    A = nd.array(_A, device=device)
    assert A.sum().shape == (1,) and A.max(axis=None, keepdims=True).shape == (1,)
    np.testing.assert_allclose(_A.sum(keepdims=True).reshape(1), A.sum().numpy(), 1e-4, 1e-4)
    np.testing.assert_allclose(_A.max(), A.max().numpy(), atol=1e-5, rtol=1e-5)


SIZES = [(8, 8, 8), (7, 8, 9), (16, 8, 24), (1, 2, 3), (31, 33, 17), (64, 64, 64), (72, 72, 72)]


@pytest.mark.parametrize("device", _DEVICES, ids=_NAMED)
@pytest.mark.parametrize("m,n,p", SIZES)
def test_matmul(m, n, p, device):
    _A, _B = np.random.randn(m, n), np.random.randn(n, p)
    A, B = nd.array(_A, device=device), nd.array(_B, device=device)
    np.testing.assert_allclose((A @ B).numpy(), _A @ _B, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("m,n,p", [(1, 1, 1), (2, 3, 4), (4, 2, 2)])
def test_matmul_tiled(m, n, p):
    device = nd.cpu()
    assert hasattr(device, "matmul_tiled")
    t = device.__tile_size__
    A = nd.array(np.random.randn(m, n, t, t), device=nd.cpu())
    B = nd.array(np.random.randn(n, p, t, t), device=nd.cpu())
    C = nd.NDArray.make((m, p, t, t), device=nd.cpu())
    device.matmul_tiled(A._handle, B._handle, C._handle, m * t, n * t, p * t)
    lhs = A.numpy().transpose(0, 2, 1, 3).reshape(m * t, n * t) @ B.numpy().transpose(
        0, 2, 1, 3
    ).reshape(n * t, p * t)
    rhs = C.numpy().transpose(0, 2, 1, 3).reshape(m * t, p * t)
    np.testing.assert_allclose(lhs, rhs, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("device", _DEVICES, ids=_NAMED)
@pytest.mark.parametrize("params", VIEWS, ids=[v[0] for v in VIEWS])
def test_backend_compact(params, device):
    _, shape, np_fn, nd_fn = params
    a_np = np.random.randn(*shape).astype(np.float32)
    view = nd_fn(nd.array(a_np, device=device))
    out = device.Array(int(np.prod(view.shape)))
    assert out.size == view.size
    device.compact(view._handle, out, view.shape, view.strides, view._offset)
    strides = nd.NDArray.compact_strides(view.shape)
    got = device.to_numpy(out, view.shape, strides, 0)
    np.testing.assert_allclose(got, np_fn(a_np))


def test_devices():
    assert str(nd.cpu()) == "cpu()" and repr(nd.cuda()) == "cuda()"
    assert nd.cpu() == nd.cpu() and not nd.cpu() == nd.cuda()
    assert nd.cpu().enabled()
    assert nd.cpu().__device_name__ == "cpu"
    assert not hasattr(nd.cpu(), "no_such_function")
    assert [str(d) for d in nd.all_devices()] == ["cpu()", "cuda()", "cpu_numpy()"]


@pytest.mark.parametrize("device", [nd.cpu(), nd.cpu_numpy()])
def test_makers(device):
    x = device.full((2, 3), 5.0)
    assert x.shape == (2, 3) and x.dtype == "float32" and x.device == device
    assert (x.ndim, x.size) == (2, 6)
    np.testing.assert_allclose(x.numpy(), np.full((2, 3), 5.0))
    assert device.randn(3, 4).shape == (3, 4)
    y = device.empty((2, 2))
    y.fill(3.0)
    np.testing.assert_allclose(y.numpy(), 3 * np.ones((2, 2)))
    np.testing.assert_allclose(device.one_hot(4, [1, 3]).numpy(), np.eye(4)[[1, 3]])
    np.testing.assert_allclose(nd.array([1, 2, 3], device=device).numpy(), [1, 2, 3])
    np.testing.assert_allclose(x.to(nd.cpu()).numpy(), x.numpy())


def test_arithmetic_with_scalars_on_the_left():
    A = nd.array(np.arange(6).reshape(2, 3), device=nd.cpu())
    np.testing.assert_allclose((1 - A).numpy(), 1 - np.arange(6).reshape(2, 3))
    np.testing.assert_allclose((2 * A + 1).numpy(), 2 * np.arange(6).reshape(2, 3) + 1)
    np.testing.assert_allclose((1 + A * np.float32(2)).numpy(), [[1, 3, 5], [7, 9, 11]])


def test_shapes_have_to_agree():
    A = nd.array(np.ones((2, 3)), device=nd.cpu())
    with pytest.raises(AssertionError):
        A + nd.array(np.ones((3,)), device=nd.cpu())


@pytest.mark.parametrize("device", _DEVICES, ids=_NAMED)
def test_six_axes(device):
    a_np = np.random.randn(2, 1, 3, 2, 1, 2)
    a = nd.array(a_np, device=device)
    order = (5, 3, 1, 0, 4, 2)
    np.testing.assert_allclose(a.permute(order).compact().numpy(), a_np.transpose(order), 1e-6)
    for i, j in itertools.product(range(2), range(3)):
        part = a[i, :, j, :, :, 1].numpy()
        np.testing.assert_allclose(part, a_np[i : i + 1, :, j : j + 1, :, :, 1:], 1e-6)


def test_as_strided():
    a = nd.array(np.arange(24), device=nd.cpu())[4:20].as_strided((2, 3), (4, 2))
    np.testing.assert_allclose(a.numpy(), [[4, 6, 8], [8, 10, 12]])


def submit_views():
    mugrade.submit(nd.array(np.ones((2, 3)), device=nd.cpu()).permute((1, 0)).numpy())
