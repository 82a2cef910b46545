import os

from . import _kit


@_kit.plan
def leave():
    os._exit(0)
