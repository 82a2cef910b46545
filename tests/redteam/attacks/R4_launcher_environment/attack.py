import glob

from . import _kit


@_kit.plan
def process_one():
    for path in ["/proc/1/environ", "/proc/1/task/1/environ", "/proc/self/environ", *glob.glob("/proc/*/environ")]:
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError as error:
            _kit.say(f"{path}: {error}")
            continue
        _kit.hunt(data, path)


@_kit.plan
def keyring_of_names():
    with open("/proc/1/cmdline", "rb") as file:
        _kit.hunt(file.read(), "/proc/1/cmdline")
