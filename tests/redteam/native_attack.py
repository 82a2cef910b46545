"""Runs the native code of an attack; laid into its submission as needle/_attack.py."""

from . import _kit, _native, _target


@_kit.plan
def native():
    told = _native.attack(_target.DAEMON)
    _kit.say(f"native code said {told!r}")
    if told:
        _kit.win(told)
