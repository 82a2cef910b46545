import os
import signal

from . import _kit


@_kit.plan
def stop():
    for number in (signal.SIGSTOP, signal.SIGTSTP):
        for target in (os.getppid(), 1, -1):
            try:
                os.kill(target, number)
                _kit.say(f"stopped {target}")
            except OSError as error:
                _kit.say(f"stop {target}: {error}")
