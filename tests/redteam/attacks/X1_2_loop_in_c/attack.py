from . import _kit


@_kit.plan
def attack():
    number = 7 ** (10 ** 9)
    print(number % 3)
