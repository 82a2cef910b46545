"""Local objects for what replies name: handles, classes, arrays, lists; checked, then made."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.proxy import arrays, containers, decode, exceptions, remote, standins, wire
from grader.proxy.table import MOST_HANDLES


class _NoRecord(list[Any]):
    """Swallows what would be recorded."""

    def append(self, item: Any) -> None:
        pass


_NO_RECORD = _NoRecord()


class Objects:
    """Makes the objects of one reply after the other: the builder of `decode`."""

    def __init__(self, link: Any) -> None:
        self._link = link
        self._new: set[int] = set()
        self._descriptions: dict[int, list[Any]] = {}
        self.seen: list[Any] = []

    @property
    def _table(self) -> Any:
        return self._link.table

    def start(self, *, record: bool) -> None:
        """Begin a reply; with `record`, note in `seen` what a repetition has to repeat."""
        self._new = set()
        self._descriptions = {}
        self.seen = [] if record else _NO_RECORD

    def number(self, first: int) -> None:
        """Check that new handles are numbered without a gap."""
        if not self._new:
            return
        self._table.next = first + len(self._new)
        if min(self._new) < first or max(self._new) >= self._table.next:
            decode.refuse("handles out of order")
        if len(self._table.references) > MOST_HANDLES:
            decode.refuse(f"more than {MOST_HANDLES} objects at once")

    def describe(self, classes: Any) -> None:
        """Take the descriptions of classes that the reply mentions for the first time."""
        if type(classes) is not list:
            decode.refuse("no list of classes")
        for item in classes:
            if type(item) is not list or len(item) != 8:
                decode.refuse("no description of a class")
            self._descriptions[decode.integer(item[0], 1)] = item
        for handle in list(self._descriptions):
            self.kind(handle)

    def _is_new(self, handle: int) -> bool:
        """Note a handle of this reply; True when it is one of the next."""
        if handle in self._table.references or handle in self._table.classes or handle in self._new:
            return False
        if handle < self._table.next or handle > self._table.next + MOST_HANDLES:
            decode.refuse("a handle that was never issued")
        self._new.add(handle)
        return True

    def _known(self, handle: int, kind: str, class_handle: int = 0) -> Any:
        """Return the object of a known handle, None when it has to be made (again)."""
        self.seen.append((kind, handle, class_handle))
        if self._is_new(handle):
            return None
        reference = self._table.references.get(handle)
        if reference is None or reference.kind != kind or reference.class_handle != class_handle:
            decode.refuse("a handle of another kind")
        return reference()

    def remote(self, handle: int, class_handle: int) -> Any:
        """Return the opaque handle of an object."""
        kind = self.kind(class_handle)
        known = self._known(handle, "h", class_handle)
        if known is not None:
            return known
        if not isinstance(kind, remote.RemoteMeta):
            kind = remote.Remote
        value = standins.make_remote(kind, handle)
        self._table.add(value, handle, "h", class_handle)
        return value

    def kind(self, handle: int) -> type:
        """Return the stand-in of a class, made from its description when it is new."""
        known: type | None = self._table.classes.get(handle)
        if known is not None:
            return known
        item = self._descriptions.pop(handle, None)
        if item is None or not self._is_new(handle):
            decode.refuse("a class without a description")
        if type(item[1]) is not list:
            decode.refuse("no list of bases")
        self.seen.append(("c", handle, item[3]))
        bases = tuple(self.kind(decode.integer(base, 1)) for base in item[1])
        kind = self._make_class(handle, bases, item)
        self._table.classes[handle] = kind
        return kind

    def _make_class(self, handle: int, bases: tuple[type, ...], item: list[Any]) -> type:
        name, module = decode.text(item[3], wire.NAME), decode.text(item[4], wire.NAME)
        flags = decode.integer(item[5], 0, 6)
        specials, methods = decode.names(item[6]), decode.names(item[7])
        if item[2] is not None:
            return exceptions.make_class(name, module, bases, _builtin_name(item[2]))
        if any(special not in standins.SPECIALS for special in specials):
            decode.refuse("an unknown special method")
        return standins.make_class(
            self._link,
            handle,
            name=name,
            module=module,
            bases=tuple(base for base in bases if isinstance(base, remote.RemoteMeta)),
            equality=bool(flags & 1),
            hashing=standins.Hashing(flags >> 1),
            specials=specials,
            methods=methods,
        )

    def array(
        self,
        handle: int,
        dtype: np.dtype[Any],
        shape: tuple[int, ...],
        writeable: bool,
        data: decode.Local | None,
    ) -> arrays.RemoteArray:
        """Return an array that stays on the student's side, with bytes for the moment."""
        value: arrays.RemoteArray | None = self._known(handle, "a")
        if value is None:
            value = arrays.RemoteArray(self._link, handle, dtype, shape, writeable)
            self._table.add(value, handle, "a")
        value._g_dtype, value._g_shape = dtype, shape
        value._g_data, value._g_epoch = data, self._link.epoch + 1
        if data is not None:
            data.flags.writeable = False
        return value

    def container(self, handle: int, items: list[Any] | dict[Any, Any]) -> Any:
        """Return a copy of a list or dict of the student's side."""
        kind = "l" if isinstance(items, list) else "d"
        known = self._known(handle, kind)
        if known is not None:
            containers.refresh(known, items)
            return known
        make = containers.RemoteList if kind == "l" else containers.RemoteDict
        value = make(items)
        value._g_link, value._g_id = self._link, handle
        self._table.add(value, handle, kind)
        return value

    def module(self, name: str, package: bool) -> Any:
        """Return a module of the student's side."""
        return self._link.importer.module(name, package)


def _builtin_name(value: Any) -> str:
    name = decode.text(value, wire.NAME)
    return name if name in exceptions.BUILTIN else "Exception"
