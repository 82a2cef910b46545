# %% [markdown]
# # Homework 4-extra: the transformer
#
# The questions in order: what is asked, the formula behind it, where your code belongs, and a cell that
# runs the tests of that question. You write in `python/needle/nn/nn_transformer.py`; bring your solutions of the
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
# ## 1 Attention
#
# Each position asks ($q$), each position offers ($k$), and what was found is averaged ($v$):
#
# $$\mathrm{softmax}\left(\frac{Q K^T}{\sqrt{d}}\right) V$$
#
# Causal attention looks at no later position: there the score is so low that its probability is zero. Several
# heads do this side by side.
# Write `forward` of `MultiHeadAttention`.

# %% tags=["not-graded"]
check("tests/hw4_extra/test_attention.py", "Attention of several heads")

# %% [markdown]
# Who looks at whom: a row for each position that asks, whose probabilities add up to 1. The right picture is causal, so nothing is right of its
# diagonal.

# %% tags=["not-graded"]
generator = np.random.default_rng(1)
steps = generator.normal(size=(1, 1, 10, 4)).cumsum(axis=2).astype(np.float32)
_, panels = plt.subplots(1, 2, figsize=(7, 3))
for panel, causal in zip(panels, (False, True), strict=True):
    walk = ndl.Tensor(steps)
    _result, probabilities = nn.MultiHeadAttention(causal=causal)(walk, walk, walk)
    panel.imshow(probabilities.numpy()[0, 0], cmap="Blues", vmin=0, vmax=1)
    panel.set(xlabel="looked at", ylabel="asks", title="causal" if causal else "not causal")
plt.show()

# %% [markdown]
# ## 2 Attention with its projections
#
# The layer normalizes its inputs, maps them to queries, keys and values, deals these out to the heads, and maps
# what the heads found back.
# $$\mathrm{join}_h \left( \mathrm{attention}(q W_q^h, k W_k^h, v W_v^h) \right) W_o,$$
#
# where $h$ goes through the heads, and $q$, $k$ and $v$ are normalized. Write `forward` of `AttentionLayer`.

# %% tags=["not-graded"]
check("tests/hw4_extra/test_attention_layer.py", "Attention with its projections")

# %% [markdown]
# ## 3 A layer
#
# Attention, then a network of two layers for each position, each with dropout and with a shortcut around it:
#
# $$x \leftarrow x + \mathrm{attention}(x), \qquad x \leftarrow x + \max(\mathrm{norm}(x) \, W_1 + b_1, 0) \, W_2 + b_2$$
#
# Write `TransformerLayer`; its docstring says where dropout goes.

# %% tags=["not-graded"]
check("tests/hw4_extra/test_transformer_layer.py", "A layer of the transformer")

# %% [markdown]
# ## 4 The transformer
#
# Attention does not know where a position is, so a learned vector for each one is added first, $x_t + e_t$. The layers
# follow. Write `Transformer`, and the third kind of sequence model in `LanguageModel` of `apps/models.py`.

# %% tags=["not-graded"]
check("tests/hw4_extra/test_transformer.py", "The transformer")
