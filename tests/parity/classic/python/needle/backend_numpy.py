import numpy


class Device:
    pass


class CPUDevice(Device):
    """The only device there is. All of its instances are equal."""

    def __eq__(self, other):
        return isinstance(other, CPUDevice)

    def __hash__(self):
        return 1

    def __repr__(self):
        return "needle.cpu()"

    def enabled(self):
        return True

    def ones(self, *shape, dtype="float32"):
        return numpy.full(shape, 1, dtype)

    def zeros(self, *shape, dtype="float32"):
        return numpy.full(shape, 0, dtype)

    def rand(self, *shape):
        return numpy.random.rand(*shape)

    def randn(self, *shape):
        return numpy.random.randn(*shape)

    def one_hot(self, n, i, dtype="float32"):
        return (numpy.arange(n) == numpy.expand_dims(i, -1)).astype(dtype)


def cpu():
    return CPUDevice()


default_device = cpu


def all_devices():
    return [CPUDevice()]
