import sys


def publish():
    module = sys.modules.get("simple_ml")
    if module is None:
        return


def zero(*arguments, **named):
    return 0.0
