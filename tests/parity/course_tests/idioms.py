"""Idioms of Python and NumPy that meet student objects in tests."""

import collections
import copy
import dataclasses
import functools
import gc
import json
import math
import sys
import threading
import time
import warnings
import weakref

sys.path.append("./python")
sys.path.append("./apps")

import needle as ndl
import numpy as np
import pytest
from simple_ml import softmax_loss


@pytest.mark.parametrize("f", [ndl.exp, ndl.log])
def test_ids_f(f):
    assert f(ndl.Tensor([1.0])).shape == (1,)


@pytest.mark.parametrize("k", [ndl.Tensor, ndl.ops.Exp])
def test_ids_k(k):
    assert isinstance(k, type)


@pytest.mark.parametrize("d", [ndl.cpu(), None, 1.5, np.float32(2), np.ones(2), "a"])
def test_ids_d(d):
    pass


@pytest.mark.parametrize("d", ndl.all_devices())
def test_ids_dev(d):
    assert d == ndl.cpu()


@pytest.mark.parametrize(
    "a,b", [(lambda x: x + 1, ndl.add_scalar), (lambda x: x * 2, ndl.mul_scalar)]
)
def test_ids_l(a, b):
    a(ndl.Tensor([1.0]))


@pytest.fixture(params=[ndl.exp, ndl.Tensor([1.0])])
def fx(request):
    return request.param


def test_fx(fx):
    assert fx is not None


def test_none():
    x = ndl.Tensor([1.0])
    (x * 2).sum().backward()
    assert x.grad != None
    assert not (x.grad == None)
    assert x.grad is not None


def test_deepcopy():
    x = ndl.Tensor([1.0])
    y = copy.deepcopy(x)
    assert y.numpy()[0] == 1.0 and y is not x


def test_copy():
    x = ndl.Tensor([1.0])
    y = copy.copy(x)
    assert y.numpy()[0] == 1.0


def test_weak():
    x = ndl.Tensor([1.0])
    r = weakref.ref(x)
    assert r() is x
    del x
    gc.collect()
    assert r() is None


def test_hash():
    x = ndl.Tensor([1.0])
    assert hash(x) == hash(x) and id(x) == id(x)


def test_iter():
    with pytest.raises(TypeError):
        for _ in ndl.Tensor([1.0]):
            pass


def test_index():
    with pytest.raises(TypeError):
        ndl.Tensor([1.0])[0]


def test_len():
    with pytest.raises(TypeError):
        len(ndl.Tensor([1.0]))


def test_left_scalar():
    np.testing.assert_allclose((3.0 * ndl.Tensor([2.0])).numpy(), [6])
    np.testing.assert_allclose((np.float32(3) * ndl.Tensor([2.0])).numpy(), [6])


def test_left_array():
    np.testing.assert_allclose((np.array([3.0]) * ndl.Tensor([2.0])).numpy(), [6])


def test_sort_key():
    ts = [ndl.Tensor([3.0]), ndl.Tensor([1.0])]
    assert sorted(ts, key=lambda t: float(t.numpy()[0]))[0] is ts[1]
    assert max(ts, key=lambda t: t.numpy()[0]) is ts[0]


def test_vectorize():
    f = np.vectorize(lambda v: float(ndl.exp(ndl.Tensor(v)).numpy()))
    np.testing.assert_allclose(f(np.arange(3.0)), np.exp(np.arange(3.0)))


def test_thread():
    out = []
    t = threading.Thread(target=lambda: out.append(ndl.exp(ndl.Tensor([0.0])).numpy()))
    t.start()
    t.join()
    assert out[0][0] == 1


def test_time():
    s = time.perf_counter()
    ndl.exp(ndl.Tensor([0.0]))
    assert time.perf_counter() - s < 5


def test_warn_record():

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ndl.exp(ndl.Tensor([1.0]))


def test_iadd():
    x = ndl.Tensor([1.0])
    y = x
    x += 1
    assert x.numpy()[0] == 2 and y.numpy()[0] == 1
    x *= 3
    x -= 1
    x /= 5
    assert x.numpy()[0] == 1


def test_cached_set():
    x = ndl.Tensor([1.0, 2.0])
    x.cached_data = np.array([5.0, 6.0])
    assert x.numpy()[1] == 6
    x.cached_data += 1
    assert x.numpy()[1] == 7
    x.cached_data = x.cached_data * 2
    assert (x * 1).numpy()[0] == 12


def test_inputs_list():
    x = ndl.Tensor([1.0])
    y = x + x
    assert list(y.inputs) == [x, x] and tuple(y.inputs) == (x, x)
    a, b = y.inputs
    assert a is b


def test_compute_kw():
    x = np.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(ndl.ops.Summation(axes=(0,)).compute(x), x.sum(0))
    assert isinstance(ndl.ops.Exp().compute(x), np.ndarray)


def test_gradient_direct():
    x = ndl.Tensor(np.ones((2, 2)))
    y = ndl.exp(x)
    g = y.op.gradient(ndl.Tensor(np.ones((2, 2))), y)
    np.testing.assert_allclose(g.numpy(), np.full((2, 2), np.e))


def test_partial():
    f = functools.partial(ndl.reshape, shape=(2, 1))
    assert f(ndl.Tensor([1.0, 2.0])).shape == (2, 1)


def test_class_of_test():
    @dataclasses.dataclass
    class Case:
        x: object
        want: float

    for c in [Case(ndl.Tensor([1.0]), 1.0)]:
        assert c.x.numpy()[0] == c.want


def test_named():
    P = collections.namedtuple("P", "x y")
    p = P(ndl.Tensor([1.0]), 2)
    assert (p.x * p.y).numpy()[0] == 2


def test_np_generic():
    x = ndl.Tensor(np.float32(3.0))
    assert x.shape == () and x.numpy() == 3
    assert isinstance(x.numpy(), np.ndarray)
    assert np.isscalar(float(x.numpy()))


def test_json():
    assert json.loads(json.dumps(ndl.Tensor([1.0, 2.0]).numpy().tolist())) == [1.0, 2.0]


def test_arrays_bool():
    x = ndl.Tensor([1.0, 2.0]).numpy()
    with pytest.raises(ValueError):
        if x:
            pass
    assert x.any() and x.size and len(x)
    assert 1.0 in x
    assert not np.isnan(x).any()
    assert x.min() == 1.0 and x.argmax() == 1 and x.std() > 0


def test_math():
    assert math.isclose(float(ndl.Tensor([[2.0]]).numpy().item()), 2.0)
    assert math.sqrt(ndl.Tensor(4.0).numpy()) == 2


def test_zip_strict():
    for a, b in zip(ndl.Tensor([1.0, 2.0]).numpy(), [1.0, 2.0]):
        assert a == b
    for i, v in enumerate(ndl.Tensor([0.0, 1.0]).numpy()):
        assert i == v


def test_matmul_np():
    a = ndl.Tensor(np.eye(2)).numpy()
    b = np.ones(2)
    np.testing.assert_allclose(a @ b, b)
    np.testing.assert_allclose(b @ a, b)
    np.testing.assert_array_less(a - 1, 1)
    np.testing.assert_array_almost_equal_nulp(a, np.eye(2))
    np.testing.assert_approx_equal(a[0, 0], 1.0)
    np.testing.assert_raises(
        ValueError, ndl.matmul, ndl.Tensor(np.ones((2, 3))), ndl.Tensor(np.ones((2, 3)))
    )
    np.testing.assert_(True)
    np.testing.assert_string_equal(str(ndl.cpu()), "needle.cpu()")


def test_default_rng():
    r = np.random.default_rng(0)
    x = r.normal(size=(3, 3))
    np.testing.assert_allclose(ndl.negate(ndl.Tensor(x)).numpy(), -x)


def test_doc():
    assert ndl.relu.__doc__ is None or isinstance(ndl.relu.__doc__, str)


def test_abs_tol():
    assert abs(ndl.Tensor([1.0]).numpy() - 1.0) < 1e-9


def test_grad_list():
    xs = [ndl.Tensor([float(i)]) for i in range(4)]
    functools.reduce(lambda a, b: a * b + a, xs).backward()
    assert all(x.grad is not None for x in xs)
    assert [x.grad.shape for x in xs] == [(1,)] * 4


def test_out():
    out = np.zeros(2)
    np.add(ndl.Tensor([1.0, 2.0]).numpy(), 1, out=out)
    assert out[1] == 3


def test_write_numpy():
    d = ndl.Tensor([1.0, 2.0]).numpy()
    d[0] = 9
    assert d[0] == 9
    d += 1
    assert d[0] == 10
    d.sort()
    assert d[0] == 3


def test_kwargs():
    x = ndl.Tensor(array=[1.0], requires_grad=False)
    assert not x.requires_grad
    assert ndl.summation(a=ndl.Tensor([1.0, 2.0])).numpy() == 3


def test_exc_class():
    class Bad(ndl.TensorOp):
        def compute(self, a):
            raise KeyError("k")

    with pytest.raises(KeyError):
        Bad()(ndl.Tensor([1.0]))


def test_not_impl():
    class Half(ndl.TensorOp):
        def compute(self, a):
            return a

    y = Half()(ndl.Tensor([1.0]))
    with pytest.raises(NotImplementedError):
        y.backward()


def test_sub_super():
    class Twice(ndl.ops.Exp):
        def compute(self, a):
            return super().compute(a) * 2

    assert Twice()(ndl.Tensor([0.0])).numpy()[0] == 2


def test_subclass_tensor():
    class T2(ndl.Tensor):
        def double(self):
            return self * 2

    assert T2([1.0]).double().numpy()[0] == 2 and isinstance(T2([1.0]), ndl.Tensor)
