import os
import resource
import signal

from . import _kit


@_kit.plan
def starve():
    parent = os.getppid()
    for number, value in ((resource.RLIMIT_NOFILE, 0), (resource.RLIMIT_NPROC, 0), (resource.RLIMIT_CPU, 1), (resource.RLIMIT_AS, 1 << 20), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_STACK, 4096)):
        try:
            resource.prlimit(parent, number, (value, value))
            _kit.say(f"limit {number} of the parent is {value}")
        except OSError as error:
            _kit.say(f"limit {number}: {error}")


@_kit.plan
def signals():
    for number in (signal.SIGUSR1, signal.SIGALRM, signal.SIGINT, signal.SIGPIPE, signal.SIGXCPU):
        try:
            os.kill(os.getppid(), number)
        except OSError as error:
            _kit.say(f"signal {number}: {error}")
