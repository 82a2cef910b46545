import glob
import os

from . import _kit

PATHS = ("/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/proc/sys/vm/drop_caches", "/proc/sys/kernel/hostname", "/proc/self/uid_map",
         "/sys/fs/cgroup/cgroup.procs", "/sys/kernel/uevent_helper", "/proc/1/oom_score_adj", "/proc/sys/kernel/ns_last_pid", "/proc/acpi/wakeup")


@_kit.plan
def write():
    for path in (*PATHS, *glob.glob("/sys/fs/cgroup/*/*")):
        try:
            with open(path, "r+b", 0) as file:
                if path.endswith("ns_last_pid"):  # anybody may open it; writing takes privileges
                    file.write(b"30000")
                _kit.win(f"{path} can be written")
        except OSError as error:
            _kit.say(f"{path}: {error}")


@_kit.plan
def loosen_limits():
    import resource

    for number in (resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE, resource.RLIMIT_CORE, resource.RLIMIT_MEMLOCK):
        try:
            soft, hard = resource.getrlimit(number)
            if hard != resource.RLIM_INFINITY:
                resource.setrlimit(number, (resource.RLIM_INFINITY,) * 2)
                _kit.win(f"limit {number} was lifted")
        except (OSError, ValueError) as error:
            _kit.say(f"limit {number}: {error}")
