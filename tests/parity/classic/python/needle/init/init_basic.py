import needle as ndl


def _tensor(array, device, dtype, requires_grad):
    return ndl.Tensor(array, device=device, dtype=dtype, requires_grad=requires_grad)


def rand(*shape, low=0.0, high=1.0, device=None, dtype="float32", requires_grad=False):
    drawn = (device or ndl.cpu()).rand(*shape)
    return _tensor(low + drawn * (high - low), device, dtype, requires_grad)


def randn(*shape, mean=0.0, std=1.0, device=None, dtype="float32", requires_grad=False):
    drawn = (device or ndl.cpu()).randn(*shape)
    return _tensor(mean + drawn * std, device, dtype, requires_grad)


def constant(*shape, c=1.0, device=None, dtype="float32", requires_grad=False):
    filled = (device or ndl.cpu()).ones(*shape, dtype=dtype) * c
    return _tensor(filled, device, dtype, requires_grad)


def ones(*shape, **options):
    return constant(*shape, c=1.0, **options)


def zeros(*shape, **options):
    return constant(*shape, c=0.0, **options)


def randb(*shape, p=0.5, device=None, dtype="bool", requires_grad=False):
    drawn = (device or ndl.cpu()).rand(*shape)
    return _tensor(drawn <= p, device, dtype, requires_grad)


def one_hot(n, i, device=None, dtype="float32", requires_grad=False):
    rows = (device or ndl.cpu()).one_hot(n, i.numpy().astype("int32"), dtype=dtype)
    return _tensor(rows, device, dtype, requires_grad)


def zeros_like(array, *, device=None, requires_grad=False):
    return zeros(*array.shape, dtype=array.dtype, device=device, requires_grad=requires_grad)


def ones_like(array, *, device=None, requires_grad=False):
    return ones(*array.shape, dtype=array.dtype, device=device, requires_grad=requires_grad)
