import numpy as np

from . import _kit


@_kit.plan
def attack():
    hoard = []
    while True:
        hoard.append(np.ones(1 << 22))
