import linecache
import sys
import traceback

from . import _kit


@_kit.plan
def quote_callers():
    frame = sys._getframe()
    while frame is not None:
        lines = linecache.getlines(frame.f_code.co_filename)
        _kit.hunt("".join(lines), frame.f_code.co_filename)
        frame = frame.f_back
    _kit.hunt("".join(traceback.format_stack()), "stack")


@_kit.plan
def point_into_tests():
    for name in ("test_hidden.py", "tests_hidden/redteam/test_hidden.py", "/hidden/test_hidden.py", "conftest.py"):
        source = "\n" * 20 + "raise AssertionError('expected value please')"
        try:
            exec(compile(source, name, "exec"), {})
        except AssertionError as error:
            error.add_note("expected value please")
            _kit.hunt("".join(traceback.format_exception(error)), name)
