"""The tests of an assignment, collected once and run for one submission after the other.

Importing test modules, rewriting their assertions and finding their fixtures is the same for all
submissions as long as a module only *imports* the student's package: then any process can do it,
and the modules that it gets are bound to a submission later. So the warm process collects, and its
children run:

    warm process    collection = Collection(session, arguments, ...)
    a child of it   collection.complete(plugin, ...)
                    collection.run("tests_public/hw1/test_forward.py::test_powers")

A module that asks the student's package for more while it is imported, that draws random numbers,
or that this submission does not let import is collected again in the child, with the submission's
own answers.
"""

from __future__ import annotations

import itertools
import random
import sys
import types
from collections import defaultdict
from collections.abc import Collection as Some
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from _pytest.config import _prepareconfig
from _pytest.runner import pytest_make_collect_report

from grader.plugin import GraderPlugin, module_id, random_state, same_state
from grader.proxy import shipping
from grader.proxy.client import Session
from grader.proxy.encode import RemoteModuleBase


class _Module(NamedTuple):
    """A test module, and its items if they hold for every submission."""

    node: pytest.Module
    items: list[pytest.Item] | None


class Collection:
    """pytest with the tests of an assignment, ready to run for one submission."""

    def __init__(
        self,
        session: Session,
        arguments: Sequence[str],
        *,
        later: Some[Path] = (),
        folders: Sequence[Path] = (),
    ) -> None:
        """Collect; files in `later` wait for a submission, helpers of tests are in `folders`."""
        self._session = session
        self._by_id: dict[str, list[pytest.Item]] = defaultdict(list)
        self._ahead = _Ahead(session, later, folders)
        self._config = _prepareconfig(list(arguments), [self._ahead])
        self._tests = pytest.Session.from_config(self._config)
        self._config._do_configure()
        self._config.hook.pytest_sessionstart(session=self._tests)
        self._config.hook.pytest_collection(session=self._tests)
        for node, _ in self._ahead.modules:
            shipping.read_ahead(str(node.path))
        by_module = {
            key: list(items) for key, items in itertools.groupby(self._tests.items, module_id)
        }
        self._modules = [
            _Module(node, by_module.get(str(node.path), []) if is_ready else None)
            for node, is_ready in self._ahead.modules
        ]

    def complete(self, plugin: GraderPlugin, *, seed: int, scratch: Path) -> None:
        """Bind the tests to a submission, with `plugin` to run them."""
        manager = self._config.pluginmanager
        manager.unregister(self._ahead)
        manager.register(plugin)
        self._config.option.run_seed = seed
        # the factory was made before there was a submission whose folder it could use
        factory: Any = self._config._tmp_path_factory  # type: ignore[attr-defined]
        factory._given_basetemp = scratch
        self._tests.items = [
            item for module in self._modules for item in self._items(module, plugin)
        ]
        self._config.hook.pytest_collection_finish(session=self._tests)
        for item in self._tests.items:
            for name in plugin.ids(item):
                self._by_id[name].append(item)

    def _items(self, module: _Module, plugin: GraderPlugin) -> Iterable[pytest.Item]:
        if module.items is not None and self._session.load_again(str(module.node.path)):
            return module.items
        items = self._collected(module)
        # student code that ends its own process does it again; what befell the machine does not
        return self._collected(module) if plugin.may_load_again(module.node.path) else items

    def _collected(self, module: _Module) -> list[pytest.Item]:
        _forget(
            [name for name, each in sys.modules.items() if _file(each) == str(module.node.path)]
        )
        again = type(module.node).from_parent(module.node.parent, path=module.node.path)
        return list(self._tests.genitems(again))

    def run(self, name: str) -> None:
        """Run the test of this id, if there is one; what becomes of it is in the plugin."""
        for item in self._by_id[name]:
            self._config.hook.pytest_runtest_protocol(item=item, nextitem=None)


class _Ahead:
    """Collects what no submission can change, and notes what has to wait for one."""

    def __init__(self, session: Session, later: Some[Path], folders: Sequence[Path]) -> None:
        self._session = session
        self._later = frozenset(later)
        self._folders = tuple(f"{folder}/" for folder in folders)
        #: test modules in order, and whether their items hold for every submission
        self.modules: list[tuple[pytest.Module, bool]] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> pytest.CollectReport | None:
        if not isinstance(collector, pytest.Module):
            return None
        nothing = pytest.CollectReport(collector.nodeid, "passed", None, [])
        report = None if collector.path in self._later else self._collect(collector)
        self.modules.append((collector, report is not None))
        return report or nothing

    def _collect(self, module: pytest.Module) -> pytest.CollectReport | None:
        """Import a test module; None when that depends on the submission."""
        known, drawn = set(sys.modules), (random.getstate(), random_state())
        with self._session.listening(str(module.path)) as heard:
            report = pytest_make_collect_report(module)
        is_quiet = random.getstate() == drawn[0] and same_state(random_state(), drawn[1])
        is_ready = report.passed and heard.only_imports and is_quiet
        imported = {name: sys.modules[name] for name in set(sys.modules) - known}
        helpers = {name: each for name, each in imported.items() if self._is_helper(each, module)}
        if not is_ready or any(map(_imports_remotely, helpers.values())):
            # the next module that imports them has to hear what they import, too
            _forget(helpers)
        return report if is_ready else None

    def _is_helper(self, module: Any, test: pytest.Module) -> bool:
        file = _file(module)
        return file.startswith(self._folders) and file != str(test.path)


def _imports_remotely(module: types.ModuleType) -> bool:
    return any(isinstance(value, RemoteModuleBase) for value in vars(module).values())


def _forget(names: Iterable[str]) -> None:
    for name in names:
        sys.modules.pop(name, None)


def _file(module: Any) -> str:
    """Return the file of a module on this side; a student's would have to be asked for its own."""
    if isinstance(module, RemoteModuleBase):
        return ""
    return str(vars(module).get("__file__", ""))
