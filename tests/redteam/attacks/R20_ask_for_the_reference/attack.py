import importlib
import sys

from . import _kit

NAMES = ("_reference", "_reference.needle", "reference_solution", "reference_solution.python.needle", "reference", "solution",
         "tests_hidden", "tests_hidden.redteam.test_hidden", "test_hidden", "grader.testing", "grader.plugin", "grader.grade")


@_kit.plan
def by_name():
    for name in NAMES:
        try:
            module = importlib.import_module(name)
        except ImportError as error:
            _kit.say(str(error))
            continue
        for key, value in list(vars(module).items()):
            if isinstance(value, str):
                _kit.hunt(value, f"{name}.{key}")
        if "reference" in name or "solution" in name:
            _kit.win(f"{name} can be imported: {module}")


@_kit.plan
def by_finder():
    for finder in sys.meta_path:
        if "grader" in type(finder).__module__ or "remote" in type(finder).__name__.lower():
            _kit.win(f"the grader's finder {finder}")


@_kit.plan
def by_module():
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        if "reference_solution" in file or "tests_hidden" in file:
            with open(file, "rb") as source:
                _kit.hunt(source.read(), name)
            _kit.win(f"{name} is loaded from {file}")
