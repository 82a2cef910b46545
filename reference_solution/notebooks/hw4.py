# %% [markdown]
# # Homework 4: convolution and recurrent networks
#
# The questions in order: what is asked, the formula behind it, where your code belongs, and a cell that
# runs the tests of that question. You write in the files beside the notebook; bring your solutions of the
# earlier homeworks along, and run `make` first. For the pictures restart the kernel.
#
# Run from top to bottom, the notebook stops at the first question that is not solved yet.

# %% tags=["not-graded"]
import os
import sys

os.environ["NEEDLE_BACKEND"] = "nd"
sys.path[:0] = ["python", "apps", ".", "tests"]

import matplotlib.pyplot as plt
import needle as ndl
import numpy as np
from grader.questions import check
from needle import nn

# %% [markdown]
# ## 1 Operators on your own arrays
#
# NDArrays do less than NumPy's arrays: nothing is broadcast unasked, and a sum goes over one axis at a time.
# Go through your operators with that in mind.
# Formulas stay; shapes have to be made equal first. Go through `compute` and `gradient` of `ops/ops_mathematic.py`
# and `ops/ops_logarithmic.py`.

# %% tags=["not-graded"]
check("tests/hw4/test_operators.py", "Operators on NDArrays")

# %% [markdown]
# ## 2 Tanh, Stack and Split
#
# Stacking joins arrays along a new axis and splitting undoes it, so each is the other's gradient. Write `Stack` and
# `Split` in `ops/ops_arrangement.py`, and `Tanh` in `ops/ops_hyperbolic.py`; its derivative is $1 - \tanh^2 x$.

# %% tags=["not-graded"]
check("tests/hw4/test_stack.py", "Tanh, Stack and Split")

# %% [markdown]
# ## 3 Modules
#
# Device and type travel with the data: whatever a module makes in `forward` belongs where its input is.
# Go through `nn/nn_basic.py`, from `Linear` to `Dropout`, and through `optim.py`. New is `clip_grad_norm` of `SGD`:
# gradients whose common norm $\lVert g \rVert$ is above a bound $c$ are multiplied by $c / \lVert g \rVert$.

# %% tags=["not-graded"]
check("tests/hw4/test_modules.py", "Modules, losses and optimizers on NDArrays")

# %% [markdown]
# ## 4 CIFAR-10
#
# Small colour pictures, in files with 10,000 each: all red values of one, then green, then blue.
# Write `CIFAR10Dataset` in `data/datasets/cifar10_dataset.py`: five files to train on, one to test.

# %% tags=["not-graded"]
check("tests/hw4/test_cifar10.py", "Reading CIFAR-10")

# %% [markdown]
# ## 5 Flip and pad
#
# Flipping is a view with negative strides that starts at the far end; here it is copied at once. Along axis $i$ with
# $n$ elements the offset moves by $(n - 1) \cdot \text{strides}_i$. Padding puts zeros around. Write `flip` and `pad`
# in `backend_ndarray/ndarray.py`.

# %% tags=["not-graded"]
check("tests/hw4/test_ndarray.py", "NDArray: flip and pad")

# %% [markdown]
# ## 6 Dilation
#
# Put $d$ zeros after every element of an axis, and take them out again: an axis of size $n$ gets the size $n (d + 1)$.
# The gradient of a convolution with a stride needs this. Write `Flip` in `ops/ops_arrangement.py`, `Dilate` and
# `UnDilate` in `ops/ops_convolution.py`; each is the other's gradient, and flipping is its own.

# %% tags=["not-graded"]
check("tests/hw4/test_dilate.py", "Flip, Dilate and UnDilate")

# %% [markdown]
# ## 7 Convolution
#
# Every output is a sum of products over a window,
#
# $$y_{n h w o} = \sum_{i, j, c} x_{n, s h + i, s w + j, c} \, k_{i j c o},$$
#
# with stride $s$, after zeros have been put around. Read the input through a view with six axes, in which each window
# has axes of its own, and the convolution becomes one product of matrices. Its gradients are convolutions, too:
# of the adjoint with flipped weights, and of the input with the adjoint.
#
# Write `Conv` in `ops/ops_convolution.py`.

# %% tags=["not-graded"]
check("tests/hw4/test_conv.py", "Convolution as an operator")

# %% [markdown]
# A filter at work. The picture is a disc; the weights are the difference of what is right and what is left of
# a pixel.

# %% tags=["not-graded"]
rows, columns = np.mgrid[-1:1:32j, -1:1:32j]
disc = (rows**2 + columns**2 < 0.5).astype(np.float32)
kernel = np.zeros((3, 3, 1, 1), dtype=np.float32)
kernel[1, :, 0, 0] = -1, 0, 1
edges = ndl.ops.conv(
    ndl.Tensor(disc.reshape(1, 32, 32, 1)), ndl.Tensor(kernel), stride=1, padding=1
)
_, panels = plt.subplots(1, 2, figsize=(7, 3))
panels[0].imshow(disc, cmap="gray")
panels[1].imshow(edges.numpy()[0, :, :, 0], cmap="RdBu")
plt.show()

# %% [markdown]
# ## 8 Convolution as a module
#
# Pictures come as batch, channel, height, width, and leave so. The operator has the channel last. A border of
# $\lfloor k / 2 \rfloor$ zeros keeps the size with kernels of odd size $k$. Write `Conv` in `nn/nn_conv.py`.

# %% tags=["not-graded"]
check("tests/hw4/test_nn_conv.py", "Convolution as a module")

# %% [markdown]
# ## 9 ResNet9
#
# Blocks of convolution, batch normalization and ReLU, two pairs of them with a shortcut, $x + f(x)$. Write `ResNet9` in
# `apps/models.py`; its docstring lists the blocks.

# %% tags=["not-graded"]
check("tests/hw4/test_resnet9.py", "ResNet9")

# %% [markdown]
# ## 10 Training on images
# An epoch goes through the batches once. For each it computes logits and loss and, in training, the gradients and a
# step of the optimizer. Batches differ in size, so weigh losses by it: the average is over pictures. Write
# `epoch_general_cifar10`, `train_cifar10` and `evaluate_cifar10` in `apps/simple_ml.py`.

# %% tags=["not-graded"]
check("tests/hw4/test_train_cifar10.py", "Training on images")

# %% [markdown]
# ## 11 Recurrent networks
#
# One cell, applied to each step of a sequence: its output is its memory for the next step,
#
# $$h_t = \tanh(x_t W_\text{ih} + b_\text{ih} + h_{t-1} W_\text{hh} + b_\text{hh}).$$
#
# Layers lie upon each other, each reads the $h_t$ of the one below. Write `Sigmoid`, `RNNCell` and `RNN` in
# `nn/nn_sequence.py`.

# %% tags=["not-graded"]
check("tests/hw4/test_rnn.py", "Recurrent networks")

# %% [markdown]
# ## 12 LSTM
#
# An LSTM keeps a second state $c$ that is only scaled and added to. Three gates, numbers between 0 and 1, say
# how much of it is forgotten, how much comes in, and how much is shown.
# $$c_t = \sigma(f) \odot c_{t-1} + \sigma(i) \odot \tanh(g), \qquad h_t = \sigma(o) \odot \tanh(c_t)$$
#
# where $i$, $f$, $g$, $o$ are quarters of one product, as above. Write `LSTMCell` and `LSTM`.

# %% tags=["not-graded"]
check("tests/hw4/test_lstm.py", "LSTM")

# %% [markdown]
# The gates open and close. Here a cell with two hidden values reads a pulse; what is plotted for each of the
# four parts of its weights is how far a gate is open (the third part is the new content, between -1 and 1).

# %% tags=["not-graded"]
np.random.seed(3)
cell = nn.LSTMCell(1, 2)
pulse = np.zeros((20, 1, 1), dtype=np.float32)
pulse[5:9] = 3
state, seen = None, []
weights = {name: getattr(cell, name).numpy() for name in ("W_ih", "W_hh")}
constant = cell.bias_ih.numpy() + cell.bias_hh.numpy()
for value in pulse:
    before = np.zeros((1, 2)) if state is None else state[0].numpy()
    seen.append(np.squeeze(value * weights["W_ih"] + before.dot(weights["W_hh"]) + constant))
    state = cell(ndl.Tensor(value), state)
for part, name in enumerate(("input gate", "forget gate", "new content", "output gate")):
    height = np.array(seen)[:, 2 * part]
    plt.plot(np.tanh(height) if part == 2 else 0.5 + np.tanh(height / 2) / 2, label=name)
plt.step(range(20), pulse.ravel() / 3, "k:", where="mid", label="pulse")
plt.xlabel("step")
plt.xticks(range(0, 20, 5))
plt.legend()
plt.show()

# %% [markdown]
# ## 13 Penn Treebank
#
# Words become numbers in the order in which they first occur, lines end with a mark of their own, and the text
# is cut into columns that are read side by side.
# Write `Dictionary`, `Corpus`, `batchify` and `get_batch` in `data/datasets/ptb_dataset.py`. The target of a word is the
# one that follows it: rows $t$ to $t + n - 1$ go in, and rows $t + 1$ to $t + n$ are asked for.

# %% tags=["not-graded"]
check("tests/hw4/test_ptb.py", "Reading Penn Treebank")

# %% [markdown]
# ## 14 Embedding and language models
#
# An embedding has a vector for each word: a row of a matrix, or the product of a row with a single 1 and that matrix.
# A language model puts one before a recurrent network, and a linear layer after it, which gives a logit to
# every word that may come next. Write `Embedding` in `nn/nn_sequence.py` and `LanguageModel` in `apps/models.py`.

# %% tags=["not-graded"]
check("tests/hw4/test_language_model.py", "Embedding and language models")

# %% [markdown]
# ## 15 Training language models
#
# Detach the memory between pieces of text, else the graph reaches back to the first word. Clip gradients between
# `backward` and the step. Write `epoch_general_ptb`, `train_ptb` and `evaluate_ptb` in `apps/simple_ml.py`.

# %% tags=["not-graded"]
check("tests/hw4/test_train_ptb.py", "Training language models")
