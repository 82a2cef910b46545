"""What tests do with student objects: as in one process, or refused with a sentence."""

from __future__ import annotations

import copy
import gc
import pickle
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.proxy.exceptions import StudentError
from grader.proxy.shipping import function_source
from grader.testing import on_student_side
from tests.proxy_kit import installed, student_session, test_of

SOURCE = """
import numpy as np

COUNT = 0

class Always:
    __hash__ = object.__hash__
    def __eq__(self, other): return True
    def __ne__(self, other): return True
    def __lt__(self, other): return True
    def __bool__(self): return True
    def __float__(self): return 1.0
    def __index__(self): return 1
    def __contains__(self, item): return True
    def __array__(self, *args, **kwargs): return np.array([1.0, 2.0])
    def __sub__(self, other): return 0.0
    def __abs__(self): return 0.0
    def __len__(self): return 3

class Name:
    def __init__(self, name): self.name = name
    def __eq__(self, other): return self.name == other.name
    def __hash__(self): return hash(self.name)
    def __repr__(self): return f"Name({self.name})"

class Counted:
    def __init__(self):
        global COUNT
        COUNT += 1
    def __del__(self):
        global COUNT
        COUNT -= 1
    def me(self): return self
    def fail(self): raise ValueError("no")

class OwnError(ValueError): pass
class Deeper(OwnError): pass
class Base(BaseException): pass

KINDS = {"own": Deeper, "base": Base, "exit": SystemExit, "int": KeyboardInterrupt, "os": OSError,
    "key": KeyError, "assert": AssertionError, "unicode": UnicodeDecodeError}
def throw(kind, *args): raise KINDS[kind](*args)
def throw_surrogate(): raise ValueError("a" + chr(0xD800) + "b")

class Str(Exception):
    def __str__(self): raise RuntimeError("never")

def throw_group(): raise ExceptionGroup("g", [ValueError()])
def throw_str(): raise Str()
def skip():
    import unittest
    raise unittest.SkipTest("please")

arrays = {"a": np.arange(6.0).reshape(2, 3), "big": np.zeros((100, 1000)), "i": np.arange(3)}
class Sub(np.ndarray): pass
arrays["sub"] = np.arange(3.0).view(Sub)
arrays["object"] = np.array([Name("x"), None], dtype=object)
arrays["complex"] = np.array([1j])
arrays["bool"] = np.array([True, False])
arrays["zero"] = np.zeros(())

def get(name): return arrays[name]
def total(x): return float(x.sum())
def same(x, y): return x is y
def kind(x): return type(x).__module__ + "." + type(x).__qualname__
def echo(x): return x
def change(x): x[...] = 7
def apply(f, *args): return f(*args)
def strided(x): return x.flags.f_contiguous, x.flags.c_contiguous, x.flags.writeable
def read(path):
    with open(path) as file: return file.read()
items = [1, 2]
table = {"a": 1}
def tuples(): return (1, (Counted(), [2.5]), {"k": (None, True)})
def keyed(): return {Counted(): 1, "x": 2}
def forever():
    while True: yield 1
"""


@pytest.fixture
def student(tmp_path: Path) -> Any:
    with test_of(tmp_path / "student", SOURCE, files_root=tmp_path) as (_, module):
        yield module


def test_student_code_decides_no_comparison(student: Any) -> None:
    x = student.Always()
    for decide in (
        lambda: x == 5,
        lambda: x == 5,
        lambda: x != 5,
        lambda: x < 5,
        lambda: x < 5,
        lambda: bool(x),
        lambda: not x,
        lambda: float(x),
        lambda: [1, 2][x],
        lambda: 3 in x,
        lambda: np.asarray(x),
        lambda: np.array([1.0, 2.0]) == x,
        lambda: np.float64(1) == x,
        lambda: np.testing.assert_allclose(x, [1.0, 2.0]),
        lambda: np.testing.assert_array_equal([1.0, 2.0], x),
        lambda: np.allclose(x, [1.0, 2.0]),
        lambda: np.isfinite(x),
        lambda: x == np.array([1.0, 2.0]),
        lambda: x == [1],
        lambda: x == "a",
        lambda: pickle.dumps(x),
        lambda: x in [1],
    ):
        with pytest.raises((TypeError, AttributeError)):
            decide()
    assert np.array_equal(x, [1.0, 2.0]) is False
    assert (x == None) is False  # noqa: E711
    assert (x != None) is True  # noqa: E711
    assert x is not None
    assert len(x) == 3


def test_handles_can_be_compared(student: Any) -> None:
    a, b, c = student.Name("a"), student.Name("a"), student.Name("c")
    assert a == b
    assert a != c
    assert {a: 1}[b] == 1
    assert a in [c, b]
    assert student.Counted() != student.Counted()


def test_identity(student: Any) -> None:
    x = student.Counted()
    assert x.me() is x
    assert student.echo(x) is x
    assert student.same(x, x)
    assert student.items is student.items
    assert type(x) is student.Counted


def test_release(student: Any) -> None:
    gc.disable()
    try:
        x = student.Counted()
        for _ in range(20):
            student.Counted()
            assert student.COUNT == 1
        with pytest.raises(ValueError, match="no"):
            x.fail()
        y = [student.Counted() for _ in range(5)]
        assert student.COUNT == 6
        del y
        assert student.COUNT == 1
        del x
        assert student.COUNT == 0
    finally:
        gc.enable()


def test_plain_values(student: Any) -> None:
    for value in (
        None,
        True,
        -5,
        2**62,
        2.5,
        float("inf"),
        "text \u00e9 \U0001f600",
        b"bytes",
        (1, (2, "x")),
        [1, [2]],
        {"a": [1], 2: None, (1, "b"): 3.0},
        {1, 2},
        frozenset({3}),
        slice(1, None, 2),
        range(3, 9, 2),
        Ellipsis,
        np.float32(0.1),
        np.int64(7),
        np.bool_(True),
        np.dtype("float32"),
        np.float32,
        np.ndarray,
        int,
    ):
        back = student.echo(value)
        assert back == value
        assert type(back) is type(value) or isinstance(back, type(value))
    assert np.isnan(student.echo(float("nan")))
    assert student.kind(2**80) == "builtins.int"
    assert str(student.echo(2**80)) == str(2**80)
    assert student.kind(np.exp) == "numpy.ufunc"
    assert student.kind(Path("x")) == "pathlib.PosixPath"
    assert student.kind(x for x in (1, 2)) == "builtins.list_iterator"
    assert student.kind(1j) == "builtins.complex"
    assert student.apply(np.mean, [1.0, 2.0]) == 1.5
    assert student.apply(sum, (1, 2)) == 3


def test_structures(student: Any) -> None:
    one, (obj, inner), table = student.tuples()
    assert (one, inner) == (1, [2.5])
    assert isinstance(obj, student.Counted)
    assert table == {"k": (None, True)}
    assert set(map(type, student.keyed())) == {student.Counted, str}


def test_lists_and_dicts_are_live(student: Any) -> None:
    items = student.items
    items.append(3)
    assert items == [1, 2, 3] == student.items
    student.table["b"] = 2
    assert student.table == {"a": 1, "b": 2}
    items[0] = 9
    assert student.items[0] == 9
    del items[0]
    assert student.items == [2, 3] == items
    items += [4]
    assert student.items == [2, 3, 4]
    assert student.table.pop("a") == 1
    assert copy.copy(student.table) == {"b": 2}


def test_array_reads(student: Any) -> None:
    a = student.get("a")
    plain = np.arange(6.0).reshape(2, 3)
    assert isinstance(a, np.ndarray)
    assert (a.shape, a.dtype, a.ndim, a.size, a.nbytes, len(a)) == ((2, 3), np.float64, 2, 6, 48, 2)
    for read in (
        lambda x: x.T,
        lambda x: x.sum(axis=0),
        lambda x: x.reshape(3, 2),
        lambda x: x.astype("float32"),
        lambda x: x[1],
        lambda x: x[:, 1:],
        lambda x: x[..., None],
        lambda x: x[x > 2],
        lambda x: x[[0, 1], [1, 2]],
        lambda x: x + 1,
        lambda x: 1 - x,
        lambda x: x * x,
        lambda x: x @ x.T,
        lambda x: -x,
        lambda x: x > 2,
        lambda x: x == x,
        lambda x: np.exp(x),
        lambda x: np.linalg.norm(x),
        lambda x: np.concatenate([x, x]),
        lambda x: np.stack(list(x)),
        lambda x: np.array(x, dtype=int),
        lambda x: np.add.reduce(x),
        lambda x: np.maximum(x, 2),
        lambda x: [float(v) for v in x.flat],
        lambda x: x.tolist(),
        lambda x: x.copy(),
        lambda x: repr(x),
        lambda x: str(x),
        lambda x: f"{x[0, 1]:.3f}",
        lambda x: float(x[0, 1]),
        lambda x: int(x[1, 2]),
        lambda x: x.item(3),
        lambda x: copy.deepcopy(x),
        lambda x: pickle.loads(pickle.dumps(x)),
        lambda x: 4.0 in x,
        lambda x: [row.sum() for row in x],
        lambda x: x.strides,
        lambda x: x.flags.c_contiguous,
        lambda x: np.isclose(x, x),
        lambda x: np.sum(x, axis=(0, 1)),
        lambda x: divmod(x, 2),
        lambda x: abs(x),
        lambda x: x[1][2],
    ):
        mine, theirs = read(plain), read(a)
        np.testing.assert_equal(theirs, mine)
    np.testing.assert_array_equal(a, plain, strict=True)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(a, plain + 1)
    with pytest.raises(TypeError):
        hash(a)
    with pytest.raises(ValueError, match="ambiguous"):
        bool(a)
    assert bool(student.get("zero") == 0)
    assert student.get("bool").tolist() == [True, False]
    assert student.get("sub").sum() == 3.0
    assert type(student.get("object")).__name__ == "ndarray"
    assert student.get("object")[1] is None


def test_array_writes_are_forwarded(student: Any) -> None:
    a = student.get("a")
    a[0, 0] = 10
    a.flat[1] += 5
    a[1] += 1
    a += 1
    row = a[1]
    row[2] = -1
    a[:, 1][0] = 50
    a.fill(a[0, 0])
    assert student.total(a) == 66
    a[a > 0] = 2
    assert student.get("a").tolist() == [[2.0] * 3] * 2
    assert student.same(a, student.get("a"))
    for write in (
        lambda: np.add(a, 1, out=a),
        lambda: np.multiply(a, 2, out=a.T),
        lambda: a.T.__setitem__(0, 1),
        lambda: np.copyto(a, 1),
        lambda: np.asarray(a).__setitem__(0, 1),
    ):
        before = student.total(a)
        try:
            write()
        except (TypeError, ValueError):
            assert student.total(a) == before


def test_large_arrays(student: Any) -> None:
    big = student.get("big")
    big[3, 7] = 1
    assert big[3].sum() == 1
    assert big[3, 7] == 1
    big.flat[0] = 2
    assert big.flat[0] == 2
    assert float(np.sum(big)) == 3
    assert big[:2, :2].tolist() == [[2, 0], [0, 0]]


def test_fresh_arrays_belong_to_the_test(student: Any) -> None:
    copied = student.apply(np.array, student.get("a"))
    assert type(copied) is np.ndarray
    copied[0] = 1


def test_arguments_keep_layout_and_changes(student: Any) -> None:
    x = np.zeros((3, 4), order="F")
    assert student.strided(x) == (True, False, True)
    student.change(x)
    assert (x == 7).all()
    part = np.zeros((4, 4))[::2]
    student.change(part)
    assert (part == 7).all()
    x.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        student.change(x)
    large = np.zeros((500, 700))
    student.change(large)
    assert (large == 7).all()
    view = np.zeros((3, 1, 1))[:, :, 0]
    assert student.echo(view).shape == (3, 1)


def test_exceptions(student: Any) -> None:
    with pytest.raises(student.OwnError) as caught:
        student.throw("own", "why")
    assert caught.type.__name__ == "Deeper"
    assert isinstance(caught.value, ValueError)
    assert str(caught.value) == "why"
    assert "throw" in caught.value.remote_traceback  # type: ignore[attr-defined]
    with pytest.raises(KeyError, match="'k'"):
        student.throw("key", "k")
    for kind in ("base", "exit", "int"):
        with pytest.raises(StudentError):
            student.throw(kind, "x")
    with pytest.raises(AssertionError):
        student.throw("assert")
    with pytest.raises(StudentError):
        student.throw_group()
    with pytest.raises(FileNotFoundError):
        student.throw("os", 2, "No such file")
    with pytest.raises(ValueError, match=r"a\?b"):  # a lone surrogate is an accident, no attack
        student.throw_surrogate()
    with pytest.raises(TypeError):
        student.throw("unicode", "x")
    with pytest.raises(StudentError):
        student.throw_str()
    with pytest.raises(StudentError):
        student.skip()
    with pytest.raises(ValueError, match="no") as exact:
        student.Counted().fail()
    assert exact.type is ValueError


def test_exceptions_hold_no_handle(student: Any) -> None:
    gc.disable()
    try:
        x = student.Counted()
        try:
            x.fail()
        except ValueError as error:
            traceback.clear_frames(error.__traceback__)
        del x
        assert student.COUNT == 0
    finally:
        gc.enable()


def test_functions_of_the_test(student: Any) -> None:
    offset = np.arange(3)
    box = student.Counted()

    def helper(x: Any) -> Any:
        return x + offset

    def uses(x: Any, scale: int = 2, *, more: int = 1) -> Any:
        return helper(x) * scale + more

    np.testing.assert_array_equal(student.apply(uses, 1), [3, 5, 7])
    assert student.apply(lambda: box) is box
    assert student.apply(lambda x: [y for y in range(x)], 3) == [0, 1, 2]  # noqa: C416
    pair = (lambda x: x + 1, lambda x: x * 10)
    assert [student.apply(f, 5) for f in pair] == [6, 50]
    for factor in (2, 3):
        assert student.apply(lambda x: x * factor, 5) == 5 * factor  # noqa: B023
    offset[0] = 100
    assert student.apply(uses, 1)[0] == 203


def test_what_cannot_be_passed_says_so(student: Any) -> None:
    with pytest.raises(TypeError, match="cannot be passed"):
        student.echo(pytest)
    with pytest.raises(TypeError, match="cannot be passed"):
        student.echo(pytest.raises)
    with pytest.raises(TypeError):
        student.Counted() + object()
    assert student.echo(1) == 1


def test_files(student: Any, tmp_path: Path) -> None:
    file = tmp_path / "data.txt"
    file.write_text("hello")
    assert student.read(file) == "hello"
    assert student.read(str(file)) == "hello"
    assert student.kind(file) == "pathlib.PosixPath"
    assert student.echo(str(tmp_path / "none.txt")) == str(tmp_path / "none.txt")
    link = tmp_path / "link"
    link.symlink_to("/etc/hostname")
    assert student.echo(str(link)) == str(link)


def test_methods_of_classes(student: Any) -> None:
    assert callable(student.Counted.me)
    x = student.Counted()
    assert student.Counted.me(x) is x
    assert x.me.__name__ == "me"
    x.me = 5
    assert x.me == 5
    assert issubclass(student.Deeper, student.OwnError)
    assert issubclass(student.Deeper, ValueError)
    assert "fail" in dir(x)
    assert repr(student.Name("a")) == "Name(a)"
    assert f"{student.Name('a')!s:>8}" == " Name(a)"


def test_run_function(tmp_path: Path) -> None:
    def driver(x: Any, n: int) -> Any:
        import student

        return {"sum": student.total(x), "same": [student.echo(x) for _ in range(n)]}

    def leaks() -> Any:
        import student

        return student.Counted()

    with test_of(tmp_path, SOURCE) as (session, _):
        result = session.run_function(driver, (np.ones(3), 2))
        assert result["sum"] == 3.0
        assert [type(item) for item in result["same"]] == [np.ndarray] * 2
        result["same"][0][0] = 5
        with pytest.raises(TypeError, match="only plain data"):
            session.run_function(leaks)


@on_student_side
def doubled(x: Any) -> Any:
    return 2 * x


def test_a_function_is_sent_without_the_wrapper_of_its_name(tmp_path: Path) -> None:
    source = "import sys\ndef sent(): return sorted(n for n in sys.modules if n.startswith('test'))"
    function: Any = doubled.__wrapped__  # type: ignore[attr-defined]
    assert function_source(function).names() == frozenset()
    with test_of(tmp_path, source) as (session, student):
        assert session.run_function(function, (3,)) == 6
        assert list(student.sent()) == ["test_proxy_remote"]


def test_a_function_that_calls_itself_is_sent_with_its_name(tmp_path: Path) -> None:
    with test_of(tmp_path, "x = 1") as (session, _):
        assert session.run_function(factorial, (5,)) == 120


def factorial(n: int) -> int:
    return 1 if n < 2 else n * factorial(n - 1)


def test_star_import_gives_handed_out_names(tmp_path: Path) -> None:
    source = "import numpy as np, os\nabs = lambda x: 0\ndef f(): return 1\ndef extra(): return 2\n"
    exports = {"student": {"np": "numpy", "f": None, "gone": None}}
    session = student_session(tmp_path, {"student.py": source}, exports=exports)
    with installed(session), session.running("a", seconds=20):
        namespace: dict[str, Any] = {}
        exec("from student import *", namespace)
        assert namespace["np"] is np
        assert namespace["f"]() == 1
        assert not {"abs", "extra", "gone", "os"} & set(namespace)
        import student

        assert student.extra() == 2
        del namespace, student


def test_numpy_on_the_left(student: Any) -> None:
    source_array = np.arange(3.0)
    assert student.kind(source_array + 1) == "numpy.ndarray"
    with pytest.raises(TypeError):
        source_array + student.Counted()
    with pytest.raises(TypeError):
        np.float64(2) * student.Counted()


def test_generators(student: Any) -> None:
    endless = student.forever()
    assert [next(endless) for _ in range(3)] == [1, 1, 1]
    for count, value in enumerate(endless):
        assert value == 1
        if count == 5:
            break
