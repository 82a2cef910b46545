import os
import stat
import subprocess

from . import _kit


@_kit.plan
def change_user():
    for name, attempt in (("setuid", lambda: os.setuid(0)), ("setresuid", lambda: os.setresuid(0, 0, 0)), ("setgid", lambda: os.setgid(0)),
                          ("setgroups", lambda: os.setgroups([0])), ("chroot", lambda: os.chroot("/tmp")), ("chown", lambda: os.chown("/tmp", 0, 0))):
        try:
            attempt()
            _kit.win(name)
        except OSError as error:
            _kit.say(f"{name}: {error}")


@_kit.plan
def set_uid_programs():
    for path in ("/usr/bin/su", "/usr/bin/sudo", "/usr/bin/passwd", "/usr/bin/newgrp", "/usr/bin/mount", "/usr/bin/pkexec"):
        try:
            if os.stat(path).st_mode & stat.S_ISUID:
                result = subprocess.run([path, "-c", "id -u"], stdin=subprocess.DEVNULL, capture_output=True, timeout=0.5)
                _kit.say(f"{path}: {result}")
                if result.stdout.strip() == b"0":
                    _kit.win(path)
        except (OSError, subprocess.SubprocessError) as error:
            _kit.say(f"{path}: {error}")


@_kit.plan
def shadow():
    with open("/etc/shadow") as file:
        _kit.win("read the host's passwords " + file.read(8))


@_kit.plan
def capabilities():
    with open("/proc/self/status") as file:
        status = dict(line.split(":\t", 1) for line in file.read().splitlines() if ":\t" in line)
    _kit.say(str({key: status[key] for key in ("CapEff", "CapBnd", "CapPrm", "NoNewPrivs", "Seccomp", "Uid") if key in status}))
    if int(status["CapEff"], 16) or int(status["CapBnd"], 16) or status["NoNewPrivs"].strip() != "1":
        _kit.win("capabilities or new privileges are left")
