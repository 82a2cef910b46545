# %% [markdown]
# # Homework 3: arrays of your own, on the CPU and on the GPU
#
# The questions in order: what is asked, where your code belongs, and a cell that runs the tests of that
# question. You write in the files beside the notebook. Run `make` before you start and after each change in
# `src/`; without a GPU, CUDA is compiled for the CPU. For the pictures restart the kernel.
#
# Run from top to bottom, the notebook stops at the first question that is not solved yet.

# %% tags=["not-graded"]
import os
import sys

os.environ["NEEDLE_BACKEND"] = "nd"
sys.path[:0] = ["python", "tests"]

import matplotlib.pyplot as plt
import numpy as np
from grader.questions import check
from needle import backend_ndarray as nd

# %% [markdown]
# ## 1 Views
#
# An array is a piece of flat memory, and three things that say how to read it: shape, strides, offset. Element
# $(i, j)$ lies at place
#
# $$\text{offset} + i \cdot \text{strides}_0 + j \cdot \text{strides}_1$$
#
# Exchanging axes, repeating, and cutting out pieces change these numbers and leave the memory alone. Write
# `reshape`, `permute`, `broadcast_to` and `__getitem__` in `python/needle/backend_ndarray/ndarray.py`. A slice
# `start:stop:step` of axis $i$ moves the offset by $\text{start} \cdot \text{strides}_i$ and multiplies the stride
# by the step.

# %% tags=["not-graded"]
check("tests/hw3/test_views.py", "Views: reshape, permute, broadcast, index")

# %% [markdown]
# Below, the memory holds 0, 1, 2 and so on, so that each number tells the place it is read from. A stride of 0
# reads the same place again and again.

# %% tags=["not-graded"]
memory = nd.array(np.arange(12), device=nd.cpu_numpy()).reshape((3, 4))
views = {
    "as it is": memory,
    "axes exchanged": memory.permute((1, 0)),
    "every second column": memory[:, 0:4:2],
    "first row, repeated": memory[0:1, :].broadcast_to((3, 4)),
}
_, panels = plt.subplots(1, len(views), figsize=(12, 3))
for panel, (title, view) in zip(panels, views.items(), strict=True):
    places = view.numpy()
    panel.imshow(places, cmap="Blues", vmin=-4, vmax=20)
    for (row, column), place in np.ndenumerate(places):
        panel.text(column, row, f"{place:g}", ha="center", va="center")
    panel.set(title=f"{title}\nstrides {view.strides}", xticks=[], yticks=[])
plt.show()

# %% [markdown]
# ## 2 C++: reading and writing views
#
# The other operations want their elements in a row. `Compact` copies a view into such a row, the two setters
# write into one. All three visit every index once, the last axis fastest; any number of axes is possible, so
# count like an odometer.
# Write `Compact`, `EwiseSetitem` and `ScalarSetitem` in `src/ndarray_backend_cpu.cc`.

# %% tags=["not-graded"]
check("tests/hw3/test_cpu_memory.py", "C++: reading and writing views")

# %% [markdown]
# ## 3 C++: operations on every element
#
# Many loops that differ in one expression: a template, or a function that takes another, saves most of them.
# Array with array, $\text{out}_i = f(a_i, b_i)$; array with a number, $\text{out}_i = f(a_i, s)$; and an array alone.
# Each is a loop over `out->size` elements that lie in a row.
#
# Write `EwiseMul`, `ScalarMul`, `EwiseDiv`, `ScalarDiv`, `ScalarPower`, `EwiseMaximum`, `ScalarMaximum`, `EwiseEq`,
# `ScalarEq`, `EwiseGe`, `ScalarGe`, `EwiseLog`, `EwiseExp` and `EwiseTanh` in `src/ndarray_backend_cpu.cc`.

# %% tags=["not-graded"]
check("tests/hw3/test_cpu_elementwise.py", "C++: operations on every element")

# %% [markdown]
# ## 4 C++: sums and maxima
#
# What is reduced lies together: result $i$ is the sum, or the maximum, of the elements $i r$ to $(i + 1) r - 1$, where
# $r$ is `reduce_size`. The method in Python exchanges the axes first, so that this holds. Mind that all
# numbers may be negative. Write `ReduceSum` and `ReduceMax`.

# %% tags=["not-graded"]
check("tests/hw3/test_cpu_reductions.py", "C++: sums and maxima")

# %% [markdown]
# ## 5 C++: matrix products
#
# First the plain triple loop, $c_{ij} = \sum_k a_{ik} b_{kj}$, in `Matmul`. Then one on tiles, small blocks that lie
# together in memory and stay in the cache while they are used: `AlignedDot` adds the product of two blocks to a third,
# and `MatmulTiled` calls it for each block of the result and each pair of blocks that goes into it. For blocks the
# formula is the same as for numbers.

# %% tags=["not-graded"]
check("tests/hw3/test_cpu_matmul.py", "C++: matrix products")

# %% [markdown]
# ## 6 CUDA: reading and writing views
#
# On a GPU there is no loop over elements: each thread computes its own index from block and thread, and from
# that the position in the view. The last block has threads too many.
# $$g = \text{blockIdx} \cdot \text{blockDim} + \text{threadIdx}$$
#
# is a thread's number. Divide it by the sizes of the axes, the last one first: the remainders are the index. Write
# `CompactKernel`, `EwiseSetitem` and `ScalarSetitem` in `src/ndarray_backend_cuda.cu`.

# %% tags=["not-graded"]
check("tests/hw3/test_cuda_memory.py", "CUDA: reading and writing views")

# %% [markdown]
# ## 7 CUDA: operations on every element
# A kernel in the place of each loop, with one element for each thread: the same functions as in C++, from `EwiseMul`
# to `EwiseTanh`. A template that takes the operation as a parameter makes all kernels from one.

# %% tags=["not-graded"]
check("tests/hw3/test_cuda_elementwise.py", "CUDA: operations on every element")

# %% [markdown]
# ## 8 CUDA: sums and maxima
#
# Write `ReduceSum` and `ReduceMax`. One thread for each result is enough here: it goes through its `reduce_size`
# elements in a loop.

# %% tags=["not-graded"]
check("tests/hw3/test_cuda_reductions.py", "CUDA: sums and maxima")

# %% [markdown]
# ## 9 CUDA: matrix products
#
# Write `Matmul`, a thread for each element $c_{ij} = \sum_k a_{ik} b_{kj}$ to begin with. Any sizes have to work,
# multiples of the tile or not. Every number is needed by many threads, so it pays to load tiles of $a$ and $b$ into
# shared memory first. Threads of a block that load a tile together wait for each other before they use it
# (`__syncthreads`), and again before they load the next.

# %% tags=["not-graded"]
check("tests/hw3/test_cuda_matmul.py", "CUDA: matrix products")

# %% [markdown]
# ## 10 Speed
#
# The grader compares your `MatmulTiled` with the reference's, on the same machine; this test runs it at home. What
# counts is the inner loop: the compiler makes vector instructions of one whose length it knows, over memory that it
# knows to be aligned.

# %% tags=["not-graded"]
check("tests/hw3/test_speed.py", "Speed of matrix products")
