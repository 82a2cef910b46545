import importlib
import os
import sys

from . import _kit

HERE = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))


@_kit.plan
def vendored():
    sys.path += [os.path.join(HERE, "vendor"), os.path.join(HERE, "lib")]
    for name in ("autograd", "needle.blob"):
        try:
            _kit.win(str(importlib.import_module(name)))
        except ImportError as error:
            _kit.say(str(error))
