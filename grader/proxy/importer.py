"""`import needle` on the trusted side: a module whose attributes are on the student's side."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from grader.proxy import remote
from grader.proxy.encode import RemoteModuleBase
from grader.proxy.remote import Link

Exports = Mapping[str, Mapping[str, str | None]]

#: the namespace that a module has here, which `__dict__` does not show
_own: Final[Any] = vars(types.ModuleType)["__dict__"].__get__


class Namespace(Mapping[str, Any]):
    """The `__dict__` of a student's module: `monkeypatch` and `vars` look there."""

    def __init__(self, module: types.ModuleType) -> None:
        self._module = module

    def __getitem__(self, name: str) -> Any:
        try:
            return getattr(self._module, name)
        except AttributeError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(dir(self._module))

    def __len__(self) -> int:
        return len(dir(self._module))


class RemoteModule(RemoteModuleBase):
    """A student's module. What it is named is enough to reach it, so it outlives tests."""

    @property
    def __dict__(self) -> Any:  # type: ignore[override]
        return Namespace(self)

    def __init__(self, name: str, link: Link, exported: Mapping[str, str | None] | None) -> None:
        super().__init__(name)
        _own(self)["_g_link"] = link
        _own(self)["_g_exported"] = exported

    def __getattr__(self, name: str) -> Any:
        exported = _own(self)["_g_exported"]
        if name == "__all__":
            return self._g_names()
        if exported and exported.get(name):
            return importlib.import_module(exported[name])
        if name.startswith("_g_") or not remote.is_asked(name):
            raise AttributeError(name)
        link = _own(self)["_g_link"]
        try:
            return link.get_of_module(self, name)
        except remote.NoTestRunning as error:
            raise AttributeError(f"{name}: {error}") from None

    def _g_names(self) -> list[str]:
        """What `from module import *` gives: handed-out names that are there."""
        exported = _own(self)["_g_exported"]
        if exported is None:
            raise ImportError(
                f"from {self.__name__} import *: no list says which names were handed out for it."
            )
        present = set(_own(self)["_g_link"].request("names", self))
        return [name for name in exported if name in present]

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("__spec__", "__loader__", "__package__", "__path__", "__file__", "__cached__"):
            _own(self)[name] = value
        elif not (isinstance(value, RemoteModule) and value.__name__ == f"{self.__name__}.{name}"):
            _own(self)["_g_link"].set_of_module(self, name, value)

    def __delattr__(self, name: str) -> None:
        _own(self)["_g_link"].set_of_module(self, name)

    def __dir__(self) -> list[str]:
        return list(_own(self)["_g_link"].request("op", "dir", self))

    def __repr__(self) -> str:
        return f"<module '{self.__name__}' of the student's side>"


class Importer:
    """Finds and loads the modules that live on the student's side."""

    def __init__(self, link: Any, modules: Collection[str], exports: Exports) -> None:
        self._link = link
        self._modules = frozenset(modules)
        self._exports = exports
        self._made: dict[str, RemoteModule] = {}
        #: names in `sys.modules` that are ours
        self._imported: set[str] = set()
        self._stub: types.ModuleType | None = None

    # --- the protocol of sys.meta_path

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Claim the student's modules."""
        if name.partition(".")[0] not in self._modules:
            return None
        return importlib.machinery.ModuleSpec(name, self)  # type: ignore[arg-type]

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """Import the module on the student's side: its exception is raised here."""
        self._imported.add(spec.name)
        module = self._link.request("import", spec.name)
        return module if isinstance(module, RemoteModule) else self.module(spec.name, False)

    def exec_module(self, module: types.ModuleType) -> None:
        """Do nothing: the module was executed on the other side."""

    # --- modules by name

    def module(self, name: str, package: bool) -> RemoteModule:
        """Return the module of a name, always the same one."""
        if name not in self._made:
            self._made[name] = RemoteModule(name, self._link, self._exports.get(name))
        if package:
            _own(self._made[name])["__path__"] = []
        return self._made[name]

    def module_ahead(self, name: str) -> RemoteModule:
        """Return a module that no submission has answered for: it is taken for what is set."""
        return self.module(name, any(known.startswith(f"{name}.") for known in self._exports))

    def forget_answers(self) -> None:
        """Take no module for a package any more: the next worker says which of them are."""
        for module in self._made.values():
            _own(module).pop("__path__", None)

    def forget_imports(self) -> None:
        """Let the next import statement ask again: another process answers."""
        while self._imported:
            sys.modules.pop(self._imported.pop(), None)

    def install(self) -> None:
        """Come first in `sys.meta_path`; give tests a `mugrade` when there is none."""
        self._imported = {name for name in sys.modules if name.partition(".")[0] in self._modules}
        self.forget_imports()
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)
        if "mugrade" not in sys.modules and importlib.util.find_spec("mugrade") is None:
            self._stub = types.ModuleType("mugrade")
            self._stub.submit = lambda value: None  # type: ignore[attr-defined]
            sys.modules["mugrade"] = self._stub

    def uninstall(self) -> None:
        """Undo `install`."""
        self.forget_imports()
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        if self._stub is not None and sys.modules.get("mugrade") is self._stub:
            del sys.modules["mugrade"]
