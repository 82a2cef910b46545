import sys

sys.path.append("./package")
import numpy as np
import pytest

import minidl as mdl

try:
    import minidl.not_there
except ImportError:
    missing = True


def test_import_error_was_caught():
    assert missing


def test_import_in_the_test():
    from minidl import nothing


def test_import_error_is_an_import_error():
    with pytest.raises(ImportError):
        from minidl import nothing
    with pytest.raises(ModuleNotFoundError):
        import minidl.nothing


def test_value_error_from_numpy():
    with pytest.raises(ValueError, match="matmul"):
        mdl.Tensor(np.zeros((2, 3))) @ mdl.Tensor(np.zeros((2, 3)))


def test_value_error_fails_the_test():
    mdl.Tensor(np.zeros((2, 3))) @ mdl.Tensor(np.zeros((2, 3)))


def test_attribute_error():
    with pytest.raises(AttributeError):
        mdl.Tensor([1.0]).not_there
    with pytest.raises(AttributeError):
        mdl.not_there


def test_attribute_error_fails_the_test():
    mdl.Tensor([1.0]).not_there


def test_type_error():
    with pytest.raises(TypeError):
        mdl.exp()
    with pytest.raises(TypeError):
        mdl.exp(1, 2, 3)


def test_not_implemented():
    with pytest.raises(NotImplementedError):
        mdl.autograd.Op()()


def test_index_and_key_errors():
    with pytest.raises(IndexError):
        mdl.Tensor([1.0]).realize_cached_data()[5]
    with pytest.raises(KeyError):
        mdl.data.Dictionary().word2idx["none"]


def test_assertion_inside():
    mdl.nd.NDArray(np.zeros((2, 3)))[0]


def test_warning_as_value():
    with np.errstate(all="ignore"):
        out = mdl.log(mdl.Tensor([0.0]))
    assert np.isneginf(out.numpy()[0])


def test_nan():
    assert np.isnan(mdl.Tensor(float("nan")).numpy())
    assert np.isnan(mdl.Tensor([np.nan, 1]).numpy()).tolist() == [True, False]
