import builtins
import os

from . import _kit

COUNT = "rt_count"


@_kit.plan
def count():
    seen = getattr(builtins, COUNT, set())
    if seen - {os.getpid()}:
        _kit.win("module state of an earlier test")
    setattr(builtins, COUNT, seen | {os.getpid()})
