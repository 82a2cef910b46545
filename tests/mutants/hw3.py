"""Mistakes in homework 3, as students make them: in Python, and in the functions of a backend."""

from __future__ import annotations

from tests.mutants.edit import Mutant

PACKAGE = "python/needle/backend_ndarray"

#: what is right, for mistakes that come on top of it
_MOVED = """
shape, strides = (tuple(old[i] for i in {axes}) for old in (self._shape, self._strides))
moved = NDArray.make(shape, strides, self._device, self._handle, self._offset)
"""
_STRETCHED = """
assert all(n in (1, m) for n, m in zip(self._shape, new_shape))
strides = tuple(0 if n != m else s for n, m, s in zip(self._shape, new_shape, self._strides))
stretched = NDArray.make(new_shape, strides, self._device, self._handle, self._offset)
"""

#: (method of NDArray, mistake) -> its body
VIEWS = {
    ("reshape", "copies"): """
        if prod(new_shape) != prod(self._shape) or not self.is_compact():
            raise ValueError("size")
        copy = self + 0.0
        return NDArray.make(new_shape, device=self._device, handle=copy._handle)
        """,
    ("reshape", "any size"): """
        if not self.is_compact():
            raise ValueError("not compact")
        return self.as_strided(new_shape, NDArray.compact_strides(new_shape))
        """,
    ("reshape", "of what is not compact"): """
        if prod(new_shape) != prod(self._shape):
            raise ValueError("size")
        return self.as_strided(new_shape, NDArray.compact_strides(new_shape))
        """,
    ("reshape", "strides from the wrong end"): """
        if prod(new_shape) != prod(self._shape) or not self.is_compact():
            raise ValueError("size")
        return self.as_strided(new_shape, NDArray.compact_strides(new_shape)[::-1])
        """,
    ("reshape", "keeps its strides"): """
        if prod(new_shape) != prod(self._shape) or not self.is_compact():
            raise ValueError("size")
        if len(new_shape) == len(self._shape):
            return self.as_strided(new_shape, self._strides)
        return self.as_strided(new_shape, NDArray.compact_strides(new_shape))
        """,
    ("reshape", "raises another exception"): """
        assert prod(new_shape) == prod(self._shape) and self.is_compact()
        return self.as_strided(new_shape, NDArray.compact_strides(new_shape))
        """,
    (
        "permute",
        "the inverse order",
    ): "order = sorted(range(len(new_axes)), key=lambda i: new_axes[i])"
    + _MOVED.format(axes="order")
    + "return moved",
    ("permute", "shape only"): """
        shape = tuple(self._shape[i] for i in new_axes)
        return NDArray.make(shape, self._strides, self._device, self._handle, self._offset)
        """,
    ("permute", "strides only"): """
        strides = tuple(self._strides[i] for i in new_axes)
        return NDArray.make(self._shape, strides, self._device, self._handle, self._offset)
        """,
    ("permute", "without the offset"): _MOVED.format(axes="new_axes")
    + "return NDArray.make(moved._shape, moved._strides, self._device, self._handle)",
    ("permute", "copies"): _MOVED.format(axes="new_axes") + "return moved.compact()",
    ("permute", "in place"): """
        self._shape = tuple(self._shape[i] for i in new_axes)
        self._strides = tuple(self._strides[i] for i in new_axes)
        return self
        """,
    ("permute", "swaps two axes only"): """
order = list(range(len(new_axes)))
order[new_axes[0]], order[0] = 0, new_axes[0]
"""
    + _MOVED.format(axes="order")
    + "return moved",
    ("broadcast_to", "copies"): _STRETCHED + "return stretched.compact()",
    ("broadcast_to", "keeps its strides"): """
        assert all(n in (1, m) for n, m in zip(self._shape, new_shape))
        return NDArray.make(new_shape, self._strides, self._device, self._handle, self._offset)
        """,
    ("broadcast_to", "strides of a compact array"): """
        assert all(n in (1, m) for n, m in zip(self._shape, new_shape))
        compact = NDArray.compact_strides(self._shape)
        strides = tuple(0 if n != m else s for n, m, s in zip(self._shape, new_shape, compact))
        return NDArray.make(new_shape, strides, self._device, self._handle, self._offset)
        """,
    ("broadcast_to", "without the offset"): _STRETCHED
    + "return NDArray.make(new_shape, strides, self._device, self._handle)",
    ("broadcast_to", "without a check"): """
        sizes = zip(self._shape, new_shape, self._strides)
        strides = tuple(0 if n != m else s for n, m, s in sizes)
        return NDArray.make(new_shape, strides, self._device, self._handle, self._offset)
        """,
    ("broadcast_to", "raises another exception"): """
if any(n not in (1, m) for n, m in zip(self._shape, new_shape)):
    raise ValueError("shape")
"""
    + _STRETCHED
    + "return stretched",
    ("broadcast_to", "one axis only"): """
        shape, strides = list(self._shape), list(self._strides)
        for i, (n, m) in enumerate(zip(self._shape, new_shape)):
            assert n in (1, m)
            if n != m:
                shape[i], strides[i] = m, 0
                break
        return NDArray.make(tuple(shape), tuple(strides), self._device, self._handle, self._offset)
        """,
    ("broadcast_to", "every axis of size 1 gets stride 0 and others the last stride"): """
        assert all(n in (1, m) for n, m in zip(self._shape, new_shape))
        strides = tuple(0 if n == 1 else self._strides[-1] for n in self._shape)
        return NDArray.make(new_shape, strides, self._device, self._handle, self._offset)
        """,
}

_GETITEM = """
if not isinstance(idxs, tuple):
    idxs = (idxs,)
idxs = tuple(
    self.process_slice(s, i) if isinstance(s, slice) else slice(s, s + 1, 1)
    for i, s in enumerate(idxs)
)
assert len(idxs) == self.ndim
shape = tuple(-(-(s.stop - s.start) // s.step) for s in idxs)
strides = tuple(stride * s.step for stride, s in zip(self._strides, idxs))
offset = self._offset + builtins.sum(stride * s.start for stride, s in zip(self._strides, idxs))
return NDArray.make(shape, strides, self._device, self._handle, offset)
"""


def _getitem(old: str, new: str) -> str:
    assert old in _GETITEM, old
    return "import builtins\n" + _GETITEM.replace(old, new)


VIEWS |= {
    ("__getitem__", "sizes rounded down"): _getitem(
        "-(-(s.stop - s.start) // s.step)", "(s.stop - s.start) // s.step"
    ),
    ("__getitem__", "sizes without the step"): _getitem(
        "-(-(s.stop - s.start) // s.step)", "s.stop - s.start"
    ),
    ("__getitem__", "sizes rounded up once too often"): _getitem(
        "-(-(s.stop - s.start) // s.step)", "(s.stop - s.start) // s.step + (s.step > 1)"
    ),
    ("__getitem__", "strides without the step"): _getitem("stride * s.step for", "stride for"),
    ("__getitem__", "strides are the steps"): _getitem("stride * s.step for", "s.step for"),
    ("__getitem__", "without the offset before"): _getitem("self._offset + ", ""),
    ("__getitem__", "starts without strides"): _getitem("stride * s.start for", "s.start for"),
    ("__getitem__", "starts with the step"): _getitem(
        "stride * s.start for", "stride * s.start * s.step for"
    ),
    ("__getitem__", "starts with compact strides"): _getitem(
        "for stride, s in zip(self._strides, idxs))\nreturn",
        "for stride, s in zip(NDArray.compact_strides(self._shape), idxs))\nreturn",
    ),
    ("__getitem__", "copies"): _getitem("self._handle, offset)", "self._handle, offset).compact()"),
    ("__getitem__", "numbers drop their axis"): _getitem(
        "shape = tuple(-(-(s.stop - s.start) // s.step) for s in idxs)",
        "shape = tuple(n for n in (-(-(s.stop - s.start) // s.step) for s in idxs) if n > 1)",
    ),
}

#: (function of a backend, mistake) -> its body
MEMORY = {
    ("compact", "strides ignored"): "out.array[:] = a.array[offset : offset + out.size]",
    ("compact", "offset ignored"): "out.array[:] = a.array[positions(shape, strides, 0) % a.size]",
    ("compact", "offset added once for each axis"): """
        where = positions(shape, strides, offset * max(len(shape), 1))
        out.array[:] = a.array[where % a.size]
        """,
    ("compact", "axes counted from the wrong end"): """
        order = positions(shape[::-1], strides[::-1], offset)
        out.array[:] = a.array[order]
        """,
    ("compact", "up to three axes"): """
        if len(shape) > 3:
            shape, strides = shape[-3:], strides[-3:]
        where = positions(shape, strides, offset)
        out.array[: where.size] = a.array[where]
        """,
    ("compact", "two axes or more"): """
        if len(shape) < 2:
            return
        out.array[:] = a.array[positions(shape, strides, offset)]
        """,
    ("compact", "not without axes"): """
        if shape:
            out.array[:] = a.array[positions(shape, strides, offset)]
        """,
    ("compact", "strides without sign"): """
        out.array[:] = a.array[positions(shape, [abs(s) for s in strides], offset) % a.size]
        """,
    ("compact", "last element left out"): """
        where = positions(shape, strides, offset)
        out.array[:-1] = a.array[where[:-1]]
        """,
    ("compact", "one block of 256"): """
        where = positions(shape, strides, offset)
        out.array[:256] = a.array[where[:256]]
        """,
    ("compact", "whole blocks of 256 only"): """
        where = positions(shape, strides, offset)
        count = where.size if where.size < 256 else where.size // 256 * 256
        out.array[:count] = a.array[where[:count]]
        """,
    ("compact", "stride 0 taken for 1"): """
        out.array[:] = a.array[positions(shape, [s or 1 for s in strides], offset) % a.size]
        """,
    ("compact", "square matrices only"): """
        if len(shape) == 2 and shape[0] != shape[1]:
            strides = strides[::-1]
        out.array[:] = a.array[positions(shape, strides, offset) % a.size]
        """,
    (
        "ewise_setitem",
        "strides ignored",
    ): "out.array[offset : offset + a.size] = a.array[: out.size - offset]",
    ("ewise_setitem", "offset ignored"): "out.array[positions(shape, strides, 0)] = a.array",
    ("ewise_setitem", "the strides of the source"): """
        out.array[: a.size] = a.array[positions(shape, strides, 0) % a.size]
        """,
    ("ewise_setitem", "adds"): "out.array[positions(shape, strides, offset)] += a.array",
    (
        "ewise_setitem",
        "the first element everywhere",
    ): "out.array[positions(shape, strides, offset)] = a.array[0]",
    ("ewise_setitem", "first axis first"): """
        out.array[positions(shape[::-1], strides[::-1], offset)] = a.array
        """,
    ("ewise_setitem", "one block of 256"): """
        where = positions(shape, strides, offset)
        out.array[where[:256]] = a.array[:256]
        """,
    ("ewise_setitem", "clears the rest"): """
        out.array[:] = 0
        out.array[positions(shape, strides, offset)] = a.array
        """,
    ("scalar_setitem", "strides ignored"): "out.array[offset : offset + size] = value",
    ("scalar_setitem", "offset ignored"): "out.array[positions(shape, strides, 0)] = value",
    ("scalar_setitem", "everything"): "out.array[:] = value",
    ("scalar_setitem", "one element"): "out.array[offset] = value",
    (
        "scalar_setitem",
        "whole numbers",
    ): "out.array[positions(shape, strides, offset)] = int(value)",
    (
        "scalar_setitem",
        "one block of 256",
    ): "out.array[positions(shape, strides, offset)[:256]] = value",
    ("scalar_setitem", "two axes only"): """
        out.array[positions(shape[-2:], strides[-2:], offset)] = value
        """,
}

ELEMENTWISE = {
    ("ewise_mul", "adds"): "out.array[:] = a.array + b.array",
    ("ewise_mul", "last element left out"): "out.array[:-1] = a.array[:-1] * b.array[:-1]",
    ("ewise_mul", "one block of 256"): "out.array[:256] = (a.array * b.array)[:256]",
    ("ewise_mul", "in place"): "a.array[:] *= b.array\nout.array[:] = a.array",
    (
        "ewise_mul",
        "four at a time",
    ): "n = max(a.size // 4 * 4, min(a.size, 3))\nout.array[:n] = (a.array * b.array)[:n]",
    ("scalar_mul", "whole numbers"): "out.array[:] = a.array * int(value)",
    ("scalar_mul", "without sign"): "out.array[:] = a.array * abs(value)",
    ("ewise_div", "the wrong way round"): "out.array[:] = b.array / a.array",
    ("ewise_div", "whole numbers"): "out.array[:] = a.array // b.array",
    ("ewise_div", "zero for a division by zero"): """
        safe = np.where(b.array == 0, 1, b.array)
        out.array[:] = np.where(b.array == 0, 0, a.array / safe)
        """,
    ("scalar_div", "the wrong way round"): "out.array[:] = value / a.array",
    ("scalar_div", "multiplies"): "out.array[:] = a.array * value",
    ("scalar_power", "the wrong way round"): "out.array[:] = value ** a.array",
    ("scalar_power", "whole exponents"): "out.array[:] = a.array ** float(int(value))",
    ("scalar_power", "of magnitudes"): "out.array[:] = np.abs(a.array) ** np.float32(value)",
    ("scalar_power", "positive exponents"): "out.array[:] = a.array ** np.float32(abs(value))",
    (
        "scalar_power",
        "zero for exponent zero",
    ): "out.array[:] = a.array ** np.float32(value) if value else 0",
    (
        "scalar_power",
        "by logarithms",
    ): """
        with np.errstate(all="ignore"):
            out.array[:] = np.exp(np.log(a.array) * np.float32(value))
        """,
    ("ewise_maximum", "minimum"): "out.array[:] = np.minimum(a.array, b.array)",
    (
        "ewise_maximum",
        "not below zero",
    ): "out.array[:] = np.maximum(np.maximum(a.array, b.array), 0)",
    (
        "ewise_maximum",
        "of magnitudes",
    ): "out.array[:] = np.maximum(np.abs(a.array), np.abs(b.array))",
    ("scalar_maximum", "relu"): "out.array[:] = np.maximum(a.array, 0)",
    ("scalar_maximum", "minimum"): "out.array[:] = np.minimum(a.array, np.float32(value))",
    ("ewise_eq", "the opposite"): "out.array[:] = a.array != b.array",
    ("ewise_eq", "nearly equal"): "out.array[:] = np.abs(a.array - b.array) < 1.5",
    ("scalar_eq", "as doubles"): "out.array[:] = a.array.astype(np.float64) == value",
    ("scalar_eq", "with whole numbers"): "out.array[:] = a.array == int(value)",
    ("ewise_ge", "strictly"): "out.array[:] = a.array > b.array",
    ("ewise_ge", "the wrong way round"): "out.array[:] = b.array >= a.array",
    ("scalar_ge", "strictly"): "out.array[:] = a.array > np.float32(value)",
    ("scalar_ge", "than zero"): "out.array[:] = a.array >= 0",
    ("ewise_log", "base 2"): "out.array[:] = np.log2(a.array)",
    (
        "ewise_log",
        "of one more",
    ): "with np.errstate(all='ignore'):\n    out.array[:] = np.log1p(a.array)",
    (
        "ewise_log",
        "of magnitudes",
    ): "with np.errstate(all='ignore'):\n    out.array[:] = np.log(np.abs(a.array))",
    ("ewise_exp", "of two"): "out.array[:] = np.exp2(a.array)",
    (
        "ewise_exp",
        "a short series",
    ): "x = a.array / 1024\nout.array[:] = (1 + x + x * x / 2) ** 1024",
    ("ewise_exp", "minus one"): "out.array[:] = np.expm1(a.array)",
    ("ewise_tanh", "by exponentials that overflow"): """
        with np.errstate(all="ignore"):
            e, f = np.exp(a.array), np.exp(-a.array)
            out.array[:] = (e - f) / (e + f)
        """,
    ("ewise_tanh", "sigmoid"): "out.array[:] = 1 / (1 + np.exp(-np.clip(a.array, -80, 80)))",
    ("ewise_tanh", "a short series"): "x = np.clip(a.array, -1, 1)\nout.array[:] = x - x**3 / 3",
}

REDUCTIONS = {
    (
        "reduce_sum",
        "adds to what is there",
    ): "out.array[:] += a.array.reshape(-1, size).sum(axis=1)",
    (
        "reduce_sum",
        "last element left out",
    ): "out.array[:] = a.array.reshape(-1, size)[:, : max(size - 1, 1)].sum(axis=1)",
    (
        "reduce_sum",
        "neighbours in the other direction",
    ): "out.array[:] = a.array.reshape(size, -1).sum(axis=0)",
    ("reduce_sum", "mean"): "out.array[:] = a.array.reshape(-1, size).mean(axis=1)",
    ("reduce_sum", "first block only"): "out.array[:] = a.array[:size].sum()",
    ("reduce_sum", "256 at most"): "out.array[:] = a.array.reshape(-1, size)[:, :256].sum(axis=1)",
    ("reduce_sum", "powers of two"): """
        half = 1 << (size.bit_length() - 1)
        out.array[:] = a.array.reshape(-1, size)[:, :half].sum(axis=1)
        """,
    (
        "reduce_sum",
        "256 results at most",
    ): "out.array[:256] = a.array.reshape(-1, size).sum(axis=1)[:256]",
    (
        "reduce_sum",
        "half precision",
    ): "out.array[:] = a.array.astype(np.float16).reshape(-1, size).sum(axis=1, dtype=np.float32)",
    (
        "reduce_max",
        "starts at zero",
    ): "out.array[:] = np.maximum(a.array.reshape(-1, size).max(axis=1), 0)",
    (
        "reduce_max",
        "starts at the smallest positive number",
    ): "out.array[:] = np.maximum(a.array.reshape(-1, size).max(axis=1), 1e-38)",
    (
        "reduce_max",
        "starts at minus a thousand",
    ): "out.array[:] = np.maximum(a.array.reshape(-1, size).max(axis=1), -1000)",
    (
        "reduce_max",
        "starts at what is there",
    ): "out.array[:] = np.maximum(out.array, a.array.reshape(-1, size).max(axis=1))",
    (
        "reduce_max",
        "last element left out",
    ): "out.array[:] = a.array.reshape(-1, size)[:, : max(size - 1, 1)].max(axis=1)",
    (
        "reduce_max",
        "first element left out",
    ): "out.array[:] = a.array.reshape(-1, size)[:, min(size - 1, 1) :].max(axis=1)",
    ("reduce_max", "minimum"): "out.array[:] = a.array.reshape(-1, size).min(axis=1)",
    (
        "reduce_max",
        "neighbours in the other direction",
    ): "out.array[:] = a.array.reshape(size, -1).max(axis=0)",
    ("reduce_max", "256 at most"): "out.array[:] = a.array.reshape(-1, size)[:, :256].max(axis=1)",
    ("reduce_max", "writes into its input"): """
        blocks = a.array.reshape(-1, size)
        blocks[:, 0] = blocks.max(axis=1)
        out.array[:] = blocks[:, 0]
        """,
}

MATMUL = {
    (
        "matmul",
        "adds to what is there",
    ): "out.array[:] += (a.array.reshape(m, n) @ b.array.reshape(n, p)).ravel()",
    (
        "matmul",
        "sizes of the second mixed up",
    ): "out.array[:] = (a.array.reshape(m, n) @ b.array.reshape(p, n).T).ravel()",
    (
        "matmul",
        "sizes of the first mixed up",
    ): "out.array[:] = (a.array.reshape(n, m).T @ b.array.reshape(n, p)).ravel()",
    (
        "matmul",
        "transposed",
    ): "out.array[:] = (a.array.reshape(m, n) @ b.array.reshape(n, p)).T.ravel()",
    (
        "matmul",
        "last product left out",
    ): """
        k = max(n - 1, 1)
        out.array[:] = (a.array.reshape(m, n)[:, :k] @ b.array.reshape(n, p)[:k]).ravel()
        """,
    (
        "matmul",
        "whole tiles of the inner axis",
    ): """
        k = n if n < 4 else n // 4 * 4
        out.array[:] = (a.array.reshape(m, n)[:, :k] @ b.array.reshape(n, p)[:k]).ravel()
        """,
    ("matmul", "whole tiles of the result"): """
        product = a.array.reshape(m, n) @ b.array.reshape(n, p)
        rows, columns = (m if m < 8 else m // 8 * 8), (p if p < 8 else p // 8 * 8)
        product[rows:], product[:, columns:] = 0, 0
        out.array[:] = product.ravel()
        """,
    (
        "matmul",
        "256 products at most",
    ): "out.array[:] = (a.array.reshape(m, n)[:, :256] @ b.array.reshape(n, p)[:256]).ravel()",
    (
        "matmul",
        "half precision",
    ): """
        left, right = (x.array.astype(np.float16) for x in (a, b))
        out.array[:] = (left.reshape(m, n) @ right.reshape(n, p)).ravel()
        """,
    ("matmul", "256 rows at most"): """
        product = a.array.reshape(m, n) @ b.array.reshape(n, p)
        product[256:], product[:, 256:] = 0, 0
        out.array[:] = product.ravel()
        """,
}

TILES = {
    ("matmul_tiled", "adds to what is there"): """
        t = __tile_size__
        left, right = a.array.reshape(m // t, n // t, t, t), b.array.reshape(n // t, p // t, t, t)
        out.array[:] += np.einsum("ikab,kjbc->ijac", left, right).ravel()
        """,
    ("matmul_tiled", "rows of tiles mixed up"): """
        t = __tile_size__
        left, right = a.array.reshape(n // t, m // t, t, t), b.array.reshape(n // t, p // t, t, t)
        out.array[:] = np.einsum("kiab,kjbc->ijac", left, right).ravel()
        """,
    ("matmul_tiled", "tiles of the second mixed up"): """
        t = __tile_size__
        left, right = a.array.reshape(m // t, n // t, t, t), b.array.reshape(p // t, n // t, t, t)
        out.array[:] = np.einsum("ikab,jkbc->ijac", left, right).ravel()
        """,
    ("matmul_tiled", "output of tiles by columns"): """
        t = __tile_size__
        left, right = a.array.reshape(m // t, n // t, t, t), b.array.reshape(n // t, p // t, t, t)
        out.array[:] = np.einsum("ikab,kjbc->jiac", left, right).ravel()
        """,
    ("matmul_tiled", "tiles transposed"): """
        t = __tile_size__
        left, right = a.array.reshape(m // t, n // t, t, t), b.array.reshape(n // t, p // t, t, t)
        out.array[:] = np.einsum("ikab,kjcb->ijac", left, right).ravel()
        """,
    ("matmul_tiled", "output as rows"): """
        t = __tile_size__
        left, right = a.array.reshape(m // t, n // t, t, t), b.array.reshape(n // t, p // t, t, t)
        out.array[:] = np.einsum("ikab,kjbc->iajc", left, right).ravel()
        """,
    ("matmul_tiled", "first tiles only"): """
        t = __tile_size__
        left, right = a.array.reshape(m // t, n // t, t, t), b.array.reshape(n // t, p // t, t, t)
        out.array[:] = np.einsum("iab,jbc->ijac", left[:, 0], right[0]).ravel()
        """,
}


def _mutants(
    file: str, caught_by: str, mistakes: dict[tuple[str, str], str], method_of: str = ""
) -> tuple[Mutant, ...]:
    return tuple(
        Mutant(
            name=f"{caught_by}: {where}: {name}",
            file=f"{PACKAGE}/{file}",
            where=f"{method_of}{where}",
            body=body,
            caught_by=caught_by,
        )
        for (where, name), body in mistakes.items()
    )


#: kind of mistake -> mistakes; those of a kind are made in both backends
_BACKENDS = {
    "memory": MEMORY,
    "elementwise": ELEMENTWISE,
    "reductions": REDUCTIONS,
    "matmul": MATMUL,
}

MUTANTS = (
    *_mutants("ndarray.py", "test_views.py", VIEWS, "NDArray."),
    *(
        mutant
        for device in ("cpu", "cuda")
        for kind, mistakes in _BACKENDS.items()
        for mutant in _mutants(f"ndarray_backend_{device}.py", f"test_{device}_{kind}.py", mistakes)
    ),
    *_mutants("ndarray_backend_cpu.py", "test_cpu_matmul.py", TILES),
)
