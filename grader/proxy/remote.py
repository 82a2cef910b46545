"""Opaque handles and the local stand-ins of student classes.

A student class becomes a local class: `isinstance`, `issubclass` and `type(x)` work on it without
asking anybody, and it has exactly those special methods that the student's class has. Each of them
is a request. Nothing here lets the student's side decide a comparison with plain data or a truth
value.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any, ClassVar, Final, Protocol

import numpy as np

from grader.proxy import arithmetic


class Unsendable(TypeError):
    """An argument cannot be passed to student code."""


class NoTestRunning(RuntimeError):
    """A remote object was used while no test runs, or in another test than the one that made it."""


class Link(Protocol):
    """What a handle needs to know of the session."""

    @property
    def epoch(self) -> int:
        """Number of requests so far that can have changed something."""

    def request(self, operation: str, *arguments: Any) -> Any:
        """Ask the worker and return its answer."""

    def define_class(self, name: str, frame: FrameType, kinds: tuple[type, ...]) -> type:
        """Define a class of a test on the student's side and return its stand-in."""

    def complete_classes(self) -> None:
        """Send names that classes of a test use and that were defined after them."""


#: names that Python, NumPy and pytest look for on any object: never asked of student code
_NEVER_ASKED: Final = frozenset(
    f"__{name}__"
    for name in (
        *(
            "test",
            "wrapped",
            "getstate",
            "setstate",
            "reduce",
            "reduce_ex",
            "getnewargs",
            "getnewargs_ex",
        ),
        *(
            "attrs_attrs",
            "dataclass_fields",
            "iter",
            "len",
            "getitem",
            "next",
            "index",
            "int",
            "float",
        ),
        *("complex", "trunc", "set_name", "get", "fspath", "await", "pytest_wrapped", "signature"),
        *(
            "text_signature",
            "mro_entries",
            "instancecheck",
            "torch_function",
            "dlpack",
            "dlpack_device",
        ),
        *("cuda_array_interface", "buffer", "prepare", "slots", "bool", "contains", "length_hint"),
        *("bases", "path"),
    )
) | {"pytestmark", "_pytestfixturefunction", "_pytest_mark", "_mock_name", "__tracebackhide__"}


def is_asked(name: str) -> bool:
    """Whether an attribute that is not here is looked up on the student's side."""
    return name not in _NEVER_ASKED and not name.startswith(("__array", "_g_"))


def _ask(link: Link, owner: Any, name: str) -> Any:
    if not is_asked(name):
        raise AttributeError(name)
    try:
        return link.request("get", owner, name)
    except NoTestRunning as error:
        raise AttributeError(f"{name}: {error}") from None


class RemoteMethod:
    """A method of a student object or class, looked up when it is called: saves a request."""

    __slots__ = ("__weakref__", "_g_link", "_g_name", "_g_owner")

    def __init__(self, link: Link, owner: Any, name: str) -> None:
        self._g_link = link
        self._g_owner = owner
        self._g_name = name

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self._g_link.request("method", self._g_owner, self._g_name, arguments, keywords)

    def __getattr__(self, name: str) -> Any:
        if name == "__name__":
            return self._g_name
        if not is_asked(name):
            raise AttributeError(name)
        method = self._g_link.request("get", self._g_owner, self._g_name)
        return getattr(method, name)

    def __eq__(self, other: object) -> bool:
        return (
            type(other) is RemoteMethod
            and other._g_owner is self._g_owner
            and other._g_name == self._g_name
        )

    def __hash__(self) -> int:
        return hash((id(self._g_owner), self._g_name))

    def __repr__(self) -> str:
        return f"<remote method {self._g_name}>"


class RemoteMeta(type):
    """The class of stand-ins: calling one makes the object on the student's side."""

    _g_link: Link
    _g_class: int
    _g_methods: set[str]

    def __new__(
        mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **keywords: Any
    ) -> Any:
        students = [base for base in bases if isinstance(base, RemoteMeta)]
        if not students:
            return super().__new__(mcs, name, bases, namespace)
        kind = students[0]._g_link.define_class(name, sys._getframe(1), bases)
        if "__classcell__" in namespace:
            namespace["__classcell__"].cell_contents = kind
        return kind

    def __init__(
        cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **keywords: Any
    ) -> None:
        pass

    def __call__(cls, *arguments: Any, **keywords: Any) -> Any:
        cls._g_link.complete_classes()
        # a constructor that wrote into the test's arrays would choose what the test expects
        own = tuple(item.copy() if type(item) is np.ndarray else item for item in arguments)
        return cls._g_link.request("call", cls, own, keywords)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_g_"):
            raise AttributeError(name)
        if name in cls._g_methods:
            return RemoteMethod(cls._g_link, cls, name)
        return _ask(cls._g_link, cls, name)

    def __setattr__(cls, name: str, value: Any) -> None:
        cls._g_methods.discard(name)
        cls._g_link.request("set", cls, name, value)

    def __delattr__(cls, name: str) -> None:
        cls._g_methods.discard(name)
        cls._g_link.request("del", cls, name)

    def __dir__(cls) -> list[str]:
        return list(cls._g_link.request("op", "dir", cls))

    def __repr__(cls) -> str:
        return f"<class '{cls.__module__}.{cls.__qualname__}'>"


class Remote(metaclass=RemoteMeta):
    """A handle on an object of the student's side."""

    __slots__ = ("__weakref__", "_g_id")

    _g_link: ClassVar[Link]
    _g_class: ClassVar[int]
    _g_methods: ClassVar[set[str]] = set()
    #: whether the class defines equality of its own
    _g_equality: ClassVar[bool] = False
    _g_id: int

    def __getattr__(self, name: str) -> Any:
        kind = type(self)
        if name in kind._g_methods:
            return RemoteMethod(kind._g_link, self, name)
        return _ask(kind._g_link, self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        kind = type(self)
        kind._g_methods.discard(name)
        kind._g_link.request("set", self, name, value)

    def __delattr__(self, name: str) -> None:
        type(self)._g_link.request("del", self, name)

    def __dir__(self) -> list[str]:
        return list(type(self)._g_link.request("op", "dir", self))

    def __repr__(self) -> str:
        return _described(self, "repr")

    def __str__(self) -> str:
        return _described(self, "str")

    def __format__(self, specification: str) -> str:
        if not specification:
            return str(self)
        return _plain_text(type(self)._g_link.request("op", "format", self, specification))

    def __eq__(self, other: object) -> Any:
        return _equal(self, other, "eq")

    def __ne__(self, other: object) -> Any:
        return _equal(self, other, "ne")

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        raise TypeError(
            f"The truth value of a student's {type(self).__name__} is for student code to decide:"
            " compare its data (`is None`, `.shape`, `.numpy()`) instead."
        )

    def __copy__(self) -> Any:
        return type(self)._g_link.request("op", "copy", self)

    def __deepcopy__(self, memo: object) -> Any:
        return type(self)._g_link.request("op", "deepcopy", self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(f"A student's {type(self).__name__} cannot be pickled here.")

    def __array__(self, *arguments: Any, **keywords: Any) -> Any:
        raise TypeError(
            f"A student's {type(self).__name__} is not an array: take its data with `.numpy()`."
        )

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        answer = arithmetic.forward(type(self)._g_link, function, method, inputs, keywords)
        return opaque(answer, self)


def is_remote(value: object) -> bool:
    """Whether a value is an opaque handle (a student's object or class)."""
    kind = type(value)
    return type(kind) is RemoteMeta or kind is RemoteMeta


def opaque(answer: object, value: object) -> Any:
    """Return what arithmetic gave if it is a student's object; believe nothing else."""
    if is_remote(answer) or answer is NotImplemented:
        return answer
    raise TypeError(
        f"Arithmetic of a student's {type(value).__name__} gave a plain {type(answer).__name__}:"
        " student code would decide what a test compares. Take the data with `.numpy()` first."
    )


def compute(operation: str, value: Remote, *operands: Any) -> Any:
    """Let the student's side do arithmetic, with numbers or with objects of its own."""
    arithmetic.refuse_arrays(operands)
    answer = type(value)._g_link.request("op", operation, *operands)
    theirs = len(operands) > 1 and all(is_remote(operand) for operand in operands)
    return answer if theirs else opaque(answer, value)


def _plain_text(value: object) -> str:
    return value if type(value) is str else f"<{type(value).__name__} instead of a text>"


def _described(value: Remote, operation: str) -> str:
    """Return the text of a student object, while no test runs too: pytest prints at any time."""
    try:
        return _plain_text(type(value)._g_link.request("op", operation, value))
    except NoTestRunning:
        return f"<{type(value).__name__} of a test that is over>"


def _equal(left: Remote, right: object, operation: str) -> Any:
    if left is right and not type(left)._g_equality:
        return operation == "eq"
    if right is None:
        return operation == "ne"
    if is_remote(right):
        own = type(left)._g_equality or getattr(type(right), "_g_equality", False)
        if not own:
            return (left is right) is (operation == "eq")
        return type(left)._g_link.request("op", operation, left, right)
    return compare_with_plain(left, right, operation)


def compare_with_plain(left: Remote, right: object, operation: str) -> Any:
    """Return another handle (a student's arrays compare element by element), never an answer."""
    refusal = TypeError(
        f"A student's {type(left).__name__} is compared with a {type(right).__name__}: student"
        " code would decide whether it is right. Compare its data (`.numpy()`) instead."
    )
    if operation in ("eq", "ne") and not type(left)._g_equality:
        raise refusal
    arithmetic.refuse_arrays([right])
    answer = type(left)._g_link.request("op", operation, left, right)
    if not is_remote(answer):
        raise refusal
    return answer
