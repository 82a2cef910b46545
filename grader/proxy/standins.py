"""Local stand-ins of student classes, with the special methods that the student's class has."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from typing import Any, Final

from grader.proxy import remote

_Special = Callable[..., Any]


def _unary(operation: str) -> _Special:
    def special(self: remote.Remote) -> Any:
        return type(self)._g_link.request("op", operation, self)

    return special


def _negation(operation: str) -> _Special:
    def special(self: remote.Remote) -> Any:
        return remote.compute(operation, self, self)

    return special


def _get_item(self: remote.Remote, index: Any) -> Any:
    return type(self)._g_link.request("op", "getitem", self, index)


def _binary(operation: str) -> _Special:
    def special(self: remote.Remote, other: Any) -> Any:
        try:
            return remote.compute(operation, self, self, other)
        except remote.Unsendable:
            return NotImplemented

    return special


def _reflected(operation: str) -> _Special:
    def special(self: remote.Remote, other: Any) -> Any:
        try:
            return remote.compute(operation, self, other, self)
        except remote.Unsendable:
            return NotImplemented

    return special


def _ordering(operation: str) -> _Special:
    def special(self: remote.Remote, other: Any) -> Any:
        if remote.is_remote(other):
            return type(self)._g_link.request("op", operation, self, other)
        return remote.compare_with_plain(self, other, operation)

    return special


def _call(self: remote.Remote, *arguments: Any, **keywords: Any) -> Any:
    link = type(self)._g_link
    link.complete_classes()
    return link.request("call", self, arguments, keywords)


def _length(self: remote.Remote) -> int:
    length = type(self)._g_link.request("op", "len", self)
    if type(length) is not int:
        raise TypeError(f"__len__ of a student's {type(self).__name__} did not give an int.")
    return length


def _set_item(self: remote.Remote, index: Any, value: Any) -> None:
    type(self)._g_link.request("op", "setitem", self, index, value)


def _delete_item(self: remote.Remote, index: Any) -> None:
    type(self)._g_link.request("op", "delitem", self, index)


def _contains(self: remote.Remote, item: Any) -> bool:
    raise TypeError(
        f"Whether a student's {type(self).__name__} contains something is for student code to"
        " answer: compare its data instead."
    )


def _leave(self: remote.Remote, kind: Any, error: Any, trace: Any) -> bool:
    type(self)._g_link.request("op", "exit", self, None, None, None)
    return False


_ARITHMETIC: Final = {
    **{name: name for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "divmod", "pow")},
    **{name: name for name in ("matmul", "lshift", "rshift", "xor")},
    "and": "and_",
    "or": "or_",
}

#: every special method that a stand-in can have
SPECIALS: Final[dict[str, _Special]] = {
    **{f"__{name}__": _binary(operation) for name, operation in _ARITHMETIC.items()},
    **{f"__r{name}__": _reflected(operation) for name, operation in _ARITHMETIC.items()},
    **{f"__i{name}__": _binary(f"i{name}") for name in _ARITHMETIC if name != "divmod"},
    **{f"__{name}__": _negation(name) for name in ("neg", "pos", "abs", "invert")},
    **{f"__{name}__": _unary(name) for name in ("iter", "next", "reversed")},
    **{f"__{name}__": _ordering(name) for name in ("lt", "le", "gt", "ge")},
    "__call__": _call,
    "__len__": _length,
    "__getitem__": _get_item,
    "__setitem__": _set_item,
    "__delitem__": _delete_item,
    "__contains__": _contains,
    "__enter__": _unary("enter"),
    "__exit__": _leave,
}


class Hashing(enum.IntEnum):
    """How objects of a student class are hashed."""

    IDENTITY = 0
    NONE = 1
    OWN = 2


def _own_hash(self: remote.Remote) -> int:
    value = type(self)._g_link.request("op", "hash", self)
    if type(value) is not int:
        raise TypeError(f"__hash__ of a student's {type(self).__name__} did not give an int.")
    return value


_HASHES: Final = {
    Hashing.IDENTITY: object.__hash__,
    Hashing.NONE: None,
    Hashing.OWN: _own_hash,
}


def make_class(
    link: remote.Link,
    handle: int,
    *,
    name: str,
    module: str,
    bases: tuple[type, ...],
    equality: bool,
    hashing: Hashing,
    specials: Iterable[str],
    methods: Iterable[str],
) -> type:
    """Make the stand-in of a student class."""
    short = name.rpartition(".")[2]
    namespace: dict[str, Any] = {special: SPECIALS[special] for special in specials}
    namespace |= {
        "__slots__": (),
        "__module__": module,
        "__qualname__": name,
        "__eq__": remote.Remote.__eq__,
        "__hash__": _HASHES[hashing],
        "_g_link": link,
        "_g_class": handle,
        "_g_methods": set(methods),
        "_g_equality": equality,
        "_g_by_identity": hashing is Hashing.IDENTITY and not equality,
    }
    short = short if short.isidentifier() else "Student"
    try:
        return type.__new__(remote.RemoteMeta, short, bases or (remote.Remote,), namespace)
    except TypeError:
        return type.__new__(remote.RemoteMeta, short, (remote.Remote,), namespace)


def make_remote(kind: type, handle: int) -> Any:
    """Make the handle of an object of a student class."""
    value: Any = object.__new__(kind)
    object.__setattr__(value, "_g_id", handle)
    return value
