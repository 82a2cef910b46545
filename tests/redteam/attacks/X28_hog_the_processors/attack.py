import os
import threading

from . import _kit


@_kit.plan
def hog():
    for number in (-20, -10, -1):
        try:
            os.nice(number)
            _kit.win("priority was raised")
        except OSError as error:
            _kit.say(f"nice {number}: {error}")
    for _ in range(8):
        if os.fork() == 0:
            while True:
                pass
