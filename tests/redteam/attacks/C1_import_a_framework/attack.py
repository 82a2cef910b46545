import importlib

from . import _kit


@_kit.plan
def elsewhere():
    for name in ("torch", "jax", "autograd", "tensorflow", "tinygrad", "cupy", "mxnet", "theano", "scipy", "numexpr", "sympy"):
        try:
            module = importlib.import_module(name)
        except ImportError as error:
            _kit.say(str(error))
            continue
        _kit.win(f"{name} is there: {module.__file__}")
