import sys

sys.path.append("./package")
import numpy as np
import pytest

import minidl as mdl
from minidl import Tensor


def gradient_check(f, *args, tol=1e-6, backward=False, **kwargs):
    eps = 1e-4
    numerical_grads = [np.zeros(a.shape) for a in args]
    for i in range(len(args)):
        for j in range(args[i].realize_cached_data().size):
            args[i].realize_cached_data().flat[j] += eps
            f1 = float(f(*args, **kwargs).numpy().sum())
            args[i].realize_cached_data().flat[j] -= 2 * eps
            f2 = float(f(*args, **kwargs).numpy().sum())
            args[i].realize_cached_data().flat[j] += eps
            numerical_grads[i].flat[j] = (f1 - f2) / (2 * eps)
    if not backward:
        out = f(*args, **kwargs)
        computed_grads = [x.numpy() for x in out.op.gradient_as_tuple(mdl.Tensor(np.ones(out.shape)), out)]
    else:
        out = f(*args, **kwargs).sum()
        out.backward()
        computed_grads = [a.grad.numpy() for a in args]
    error = sum(np.linalg.norm(computed_grads[i] - numerical_grads[i]) for i in range(len(args)))
    assert error < tol
    return computed_grads


def test_power_scalar_forward():
    np.testing.assert_allclose(
        mdl.power_scalar(mdl.Tensor([[0.5, 2.0, 3.0]]), scalar=2).numpy(), np.array([[0.25, 4.0, 9.0]])
    )


def test_power_scalar_backward():
    gradient_check(mdl.power_scalar, mdl.Tensor(np.random.randn(5, 4)), scalar=np.random.randint(1))


def test_multiply_backward():
    np.random.seed(0)
    gradient_check(mdl.multiply, mdl.Tensor(np.random.randn(3, 4)), mdl.Tensor(5 + np.random.randn(3, 4)))


def test_exp_backward_through_backward():
    gradient_check(mdl.exp, mdl.Tensor(np.random.randn(3, 2)), backward=True)


def test_log_backward():
    gradient_check(mdl.log, mdl.Tensor(1 + np.random.rand(3, 2)), backward=True)


def test_lambda_is_a_function_of_the_test():
    gradient_check(lambda a, b: (a @ b) * 2 + 1, Tensor(np.random.randn(3, 2)), Tensor(np.random.randn(2, 3)), backward=True)


@pytest.mark.parametrize("axes", [None, 0, 1, (0, 1)])
@pytest.mark.parametrize("shape", [(3, 4), (2, 5)], ids=["small", "wide"])
def test_summation(shape, axes):
    x = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    np.testing.assert_allclose(mdl.summation(Tensor(x), axes=axes).numpy(), x.sum(axis=axes))
    gradient_check(mdl.summation, Tensor(x), axes=axes, backward=True)


def test_operators_on_both_sides():
    x = Tensor([1.0, 2.0])
    np.testing.assert_allclose((2 * x + 3).numpy(), [5, 7])
    np.testing.assert_allclose((3 + x * 2).numpy(), [5, 7])
    np.testing.assert_allclose((x - x * 3).numpy(), [-2, -4])
    np.testing.assert_allclose((-x).numpy(), [-1, -2])
    np.testing.assert_allclose((x**2).numpy(), [1, 4])


def test_operator_that_does_not_exist():
    with pytest.raises(TypeError):
        1 / Tensor([1.0])
    with pytest.raises(TypeError):
        Tensor([1.0]) // 2


def test_numpy_scalar_times_tensor():
    x = Tensor([1.0, 2.0])
    out = np.float64(2.0) * x
    assert np.allclose(out.numpy(), [2.0, 4.0])


def test_topo_sort():
    a1, b1 = mdl.Tensor(np.asarray([[0.88, 0.12]])), mdl.Tensor(np.asarray([[0.37, 0.65]]))
    c1 = 3 * a1 * a1 + 4 * b1 * a1 - a1
    soln = np.array([a1.numpy(), (3 * a1).numpy(), (3 * a1 * a1).numpy()])
    order = mdl.topo_sort([c1])
    assert len(order) == 9
    topo_order = np.array([x.numpy() for x in order])
    np.testing.assert_allclose(topo_order[:3], soln, rtol=1e-6, atol=1e-6)
    assert order[-1] is c1
    assert order[0] is a1
    assert c1 in order
    assert a1 in set(order)


def test_gradient_of_gradient():
    x = Tensor([3.0])
    y = x * x * x
    y.backward()
    g = x.grad
    g.backward()
    np.testing.assert_allclose(x.grad.numpy(), [18.0])


def test_inputs_and_ops():
    a, b = Tensor([1.0]), Tensor([2.0])
    c = a * b
    assert isinstance(c.op, mdl.autograd.Multiply)
    assert c.inputs[0] is a
    assert type(c) is Tensor
    assert type(c) == mdl.Tensor
    assert isinstance(c, mdl.Value)
    assert issubclass(Tensor, mdl.Value)
    assert a.op is None
    assert Tensor.__name__ == "Tensor"
    assert not isinstance(3, Tensor)
    x, y = c.inputs
    assert y is b


def test_static_method_and_sharing():
    data = Tensor([1.0, 2.0]).realize_cached_data()
    t = Tensor.make_const(data)
    data[0] = 5.0
    np.testing.assert_array_equal(t.numpy(), [5.0, 2.0])
    t.realize_cached_data()[...] += 1
    np.testing.assert_array_equal(data, [6.0, 3.0])
    row = Tensor.make_const(np.zeros((2, 2))).realize_cached_data()[1]
    row[:] = 7


def test_copy_is_not_shared():
    x = Tensor([1.0, 2.0])
    copy = x.numpy()
    copy[0] = 9
    np.testing.assert_array_equal(x.numpy(), [1.0, 2.0])
    assert type(copy) is np.ndarray


def test_data_setter():
    w = Tensor(np.ones(3, dtype="float32"))
    w.data = Tensor(np.zeros(3, dtype="float32"))
    assert w.numpy().sum() == 0
    with pytest.raises(AssertionError):
        w.data = Tensor(np.zeros(3, dtype="float64"))
    with pytest.raises(AssertionError):
        w.data = 3


def test_dtypes():
    assert Tensor([1, 2, 3]).dtype == np.int64
    assert Tensor([1.0], dtype="float32").dtype == "float32"
    assert Tensor([1.0], dtype=np.float32).numpy().dtype == np.float32
    assert Tensor(np.float32(2)).shape == ()
    assert Tensor(True).dtype == bool


def test_lazy_mode():
    mdl.autograd.LAZY = True
    try:
        x = Tensor([1.0]) + Tensor([2.0])
        assert x.cached_data is None
        assert x.numpy()[0] == 3.0
        assert x.cached_data is not None
    finally:
        mdl.autograd.LAZY = False


def test_counter():
    before = mdl.autograd.TENSOR_COUNTER
    x = Tensor([1.0])
    y = x + 1
    assert mdl.autograd.TENSOR_COUNTER == before + 2
    del y
    assert mdl.autograd.TENSOR_COUNTER == before + 1
    for _ in range(50):
        z = x * x
    assert mdl.autograd.TENSOR_COUNTER == before + 2
    z.numpy()


def test_text():
    x = Tensor([1.0, 2.0])
    assert str(x) == "[1. 2.]"
    assert repr(x) == "minidl.Tensor([1. 2.])"
    assert f"{x}" == "[1. 2.]"
    assert "%s" % x == "[1. 2.]"
    assert f"{x.numpy()[1]:.2f}" == "2.00"


def test_attributes():
    x = Tensor([1.0])
    assert not hasattr(x, "grad")
    assert getattr(x, "grad", None) is None
    assert hasattr(x, "shape")
    assert callable(x.numpy)
    assert "numpy" in dir(x)
    assert x.numpy.__name__ == "numpy"
    x.grad = None
    assert x.grad is None
    x.note = "a text"
    assert x.note == "a text"
    del x.note
    assert not hasattr(x, "note")


def test_keys():
    a, b = Tensor([1.0]), Tensor([2.0])
    table = {a: 1, b: 2}
    assert table[a] == 1
    assert {a, b, a} == {b, a}


def test_identity_of_functions():
    assert mdl.exp is mdl.autograd.exp
    assert mdl.Tensor is Tensor


def test_wrong_expectation():
    np.testing.assert_allclose(mdl.exp(Tensor([0.0])).numpy(), [2.0])


def test_wrong_shape():
    assert mdl.exp(Tensor([[0.0, 1.0]])).shape == (2, 1)
