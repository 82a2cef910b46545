import ctypes
import os
import resource

from . import _kit

PARENT = os.getppid()


def attempt(name, function):
    try:
        return function()
    except (OSError, ValueError) as error:
        _kit.say(f"{name}: {error}")
        return None


@_kit.plan
def limits():
    for number in (resource.RLIMIT_NOFILE, resource.RLIMIT_CORE, resource.RLIMIT_RTTIME, resource.RLIMIT_SIGPENDING):
        if resource.getrlimit(number)[0] == 177:
            _kit.win(f"limit {number} was changed by an earlier test")
            return
        for pid in {PARENT, 1}:
            old = attempt("prlimit read", lambda: resource.prlimit(pid, number))
            attempt(f"prlimit {number} of {pid}", lambda: resource.prlimit(pid, number, (177, old[1] if old else 177)))


@_kit.plan
def priority():
    if os.getpriority(os.PRIO_PROCESS, 0) == 7:
        _kit.win("priority was changed by an earlier test")
        return
    for kind, who in ((os.PRIO_PROCESS, PARENT), (os.PRIO_PROCESS, 1), (os.PRIO_USER, 0), (os.PRIO_PGRP, 0)):
        attempt("setpriority", lambda: os.setpriority(kind, who, 7))


@_kit.plan
def affinity():
    for pid in {PARENT, 1}:
        attempt("sched_setaffinity", lambda: os.sched_setaffinity(pid, {min(os.sched_getaffinity(0))}))


@_kit.plan
def input_priority():
    libc = ctypes.CDLL(None, use_errno=True)
    IOPRIO_SET, IOPRIO_GET, IDLE = 251, 252, 3 << 13
    if libc.syscall(IOPRIO_GET, 1, 0) == IDLE:
        _kit.win("input priority was changed by an earlier test")
        return
    for who in (PARENT, 1):
        result = libc.syscall(IOPRIO_SET, 1, who, IDLE)
        _kit.say(f"ioprio_set {who}: {result}, errno {ctypes.get_errno()}")


@_kit.plan
def scheduler():
    if os.sched_getscheduler(0) == os.SCHED_BATCH:
        _kit.win("scheduler was changed by an earlier test")
        return
    attempt("sched_setscheduler", lambda: os.sched_setscheduler(PARENT, os.SCHED_BATCH, os.sched_param(0)))


@_kit.plan
def kill_score():
    for pid in (PARENT, 1, "self"):
        path = f"/proc/{pid}/oom_score_adj"
        try:
            with open(path) as file:
                if file.read().strip() == "997":
                    _kit.win("kill score was changed by an earlier test")
                    return
            if pid != "self":
                with open(path, "w") as file:
                    file.write("997")
        except OSError as error:
            _kit.say(f"{path}: {error}")
