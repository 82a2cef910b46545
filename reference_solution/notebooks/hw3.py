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
# these methods in `python/needle/backend_ndarray/ndarray.py`.

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

# %% tags=["not-graded"]
check("tests/hw3/test_cpu_memory.py", "C++: reading and writing views")

# %% [markdown]
# ## 3 C++: operations on every element
#
# Many loops that differ in one expression: a template, or a function that takes another, saves most of them.

# %% tags=["not-graded"]
check("tests/hw3/test_cpu_elementwise.py", "C++: operations on every element")

# %% [markdown]
# ## 4 C++: sums and maxima
#
# What is reduced lies together: `reduce_size` elements for each result.

# %% tags=["not-graded"]
check("tests/hw3/test_cpu_reductions.py", "C++: sums and maxima")

# %% [markdown]
# ## 5 C++: matrix products
#
# First the plain triple loop. Then one on tiles: small blocks that lie together in memory stay in the cache
# while they are used.

# %% tags=["not-graded"]
check("tests/hw3/test_cpu_matmul.py", "C++: matrix products")

# %% [markdown]
# ## 6 CUDA: reading and writing views
#
# On a GPU there is no loop over elements: each thread computes its own index from block and thread, and from
# that the position in the view. The last block has threads too many.

# %% tags=["not-graded"]
check("tests/hw3/test_cuda_memory.py", "CUDA: reading and writing views")

# %% [markdown]
# ## 7 CUDA: operations on every element

# %% tags=["not-graded"]
check("tests/hw3/test_cuda_elementwise.py", "CUDA: operations on every element")

# %% [markdown]
# ## 8 CUDA: sums and maxima
#
# One thread for each result is enough here.

# %% tags=["not-graded"]
check("tests/hw3/test_cuda_reductions.py", "CUDA: sums and maxima")

# %% [markdown]
# ## 9 CUDA: matrix products
#
# Any sizes have to work, multiples of the tile or not. Threads of a block that load a tile together wait for
# each other before they use it, and again before they load the next.

# %% tags=["not-graded"]
check("tests/hw3/test_cuda_matmul.py", "CUDA: matrix products")

# %% [markdown]
# ## 10 Speed
#
# The grader compares your product on tiles with the reference's, on the same machine; these tests run it at home.

# %% tags=["not-graded"]
check("tests/hw3/test_speed.py", "Speed of matrix products")
