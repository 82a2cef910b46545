"""Mistakes in reading data sets, and in training and evaluation."""

from __future__ import annotations

from tests.mutants.hw4_operators import Mistakes, variants

_CIFAR = """
import pickle
self.transforms = transforms
names = [f"data_batch_{i}" for i in range(1, 6)] if train else ["test_batch"]
batches = []
for name in names:
    with open(f"{base_folder}/{name}", "rb") as file:
        batches.append(pickle.load(file, encoding="bytes"))
pixels = np.concatenate([batch[b"data"] for batch in batches])
self.X = pixels.reshape(-1, 3, 32, 32).astype(np.float32) / 255
self.y = np.concatenate([batch[b"labels"] for batch in batches])
"""

CIFAR10: Mistakes = {
    **variants(
        "CIFAR10Dataset.__init__",
        _CIFAR,
        {
            "four files": ("range(1, 6)", "range(1, 5)"),
            "one file": ("range(1, 6)", "range(1, 2)"),
            "training for testing": ("if train else", "if True else"),
            "bytes": (" / 255", ""),
            "float64": (".astype(np.float32)", ""),
            "channels last": (
                "reshape(-1, 3, 32, 32)",
                "reshape(-1, 32, 32, 3).transpose(0, 3, 1, 2)",
            ),
            "columns first": (
                "reshape(-1, 3, 32, 32)",
                "reshape(-1, 3, 32, 32).swapaxes(2, 3)",
            ),
            "flat": ("reshape(-1, 3, 32, 32)", "reshape(-1, 3072)"),
            "files in reverse": ("for name in names", "for name in reversed(names)"),
            "ten thousand images each": ("reshape(-1, 3", "reshape(10000 * len(names), 3"),
            "divided by the largest": (" / 255", " / pixels.max() + np.float32(1e-4)"),
        },
    ),
    ("CIFAR10Dataset.__getitem__", "labels first"): "return self.y[index], self.X[index]",
    ("CIFAR10Dataset.__getitem__", "a list"): "return [self.X[index], self.y[index]]",
    ("CIFAR10Dataset.__getitem__", "no axis for one sample"): """
        return np.squeeze(self.X[index]), self.y[index]
        """,
    ("CIFAR10Dataset.__getitem__", "no transforms"): "return self.X[index], self.y[index]",
    ("CIFAR10Dataset.__len__", "pixels"): "return self.X.size",
}

LOADER: Mistakes = {
    ("DataLoader.__next__", "drops the short batch"): """
        if self.position >= len(self.ordering):
            raise StopIteration
        numbers = self.ordering[self.position]
        self.position += 1
        if len(numbers) < self.batch_size:
            raise StopIteration
        return tuple(Tensor(field) for field in self.dataset[numbers])
        """,
    ("DataLoader.__iter__", "never shuffles"): """
        self.ordering = self._split(np.arange(len(self.dataset)))
        self.position = 0
        return self
        """,
}

_TOKENIZE = """
numbers = []
with open(path, encoding="utf-8") as file:
    for count, line in enumerate(file):
        if count == max_lines:
            break
        for word in line.split() + ["<eos>"]:
            numbers.append(self.dictionary.add_word(word))
return numbers
"""
_GET_BATCH = """
end = min(i + bptt, len(batches) - 1)
X, y = batches[i:end], batches[i + 1 : end + 1].flatten()
return Tensor(X, device=device, dtype=dtype), Tensor(y, device=device, dtype=dtype)
"""
_BATCHIFY = """
rows = len(data) // batch_size
return np.array(data[: rows * batch_size], dtype=dtype).reshape(batch_size, rows).T
"""

TEXTS: Mistakes = {
    ("Dictionary.add_word", "known words again"): """
        self.word2idx[word] = len(self.idx2word)
        self.idx2word.append(word)
        return self.word2idx[word]
        """,
    ("Dictionary.add_word", "from one on"): """
        if word not in self.word2idx:
            self.idx2word.append(word)
            self.word2idx[word] = len(self.idx2word)
        return self.word2idx[word]
        """,
    ("Dictionary.add_word", "None for known words"): """
        if word not in self.word2idx:
            self.word2idx[word] = len(self.idx2word)
            self.idx2word.append(word)
            return self.word2idx[word]
        """,
    ("Dictionary.__len__", "one too many"): "return len(self.idx2word) + 1",
    **variants(
        "Corpus.tokenize",
        _TOKENIZE,
        {
            "no end of lines": (' + ["<eos>"]', ""),
            "end of the text only": (
                ' + ["<eos>"]',
                "",
                "return numbers",
                "return numbers + [self.dictionary.add_word('<eos>')]",
            ),
            "one line too many": ("count == max_lines", "count - 1 == max_lines"),
            "max_lines ignored": ("count == max_lines", "False"),
            "split at spaces": ("line.split()", "line.strip('\\n').split(' ')"),
            "lines in lists": (
                "        for word in line.split()",
                "        numbers.append([])\n        for word in line.split()",
                "numbers.append(self",
                "numbers[-1].append(self",
            ),
            "empty lines passed over": (
                "        for word in",
                "        if not line.split():\n            continue\n        for word in",
            ),
            "words in lower case": ("add_word(word)", "add_word(word.lower())"),
        },
    ),
    **variants(
        "batchify",
        _BATCHIFY,
        {
            "rows for columns": ("reshape(batch_size, rows).T", "reshape(rows, batch_size)"),
            "transposed": (".T", ""),
            "dtype ignored": (", dtype=dtype", ""),
            "keeps the first words": ("data[: rows * batch_size]", "data[-rows * batch_size :]"),
        },
    ),
    **variants(
        "get_batch",
        _GET_BATCH,
        {
            "one row too many": ("len(batches) - 1)", "len(batches))"),
            "targets are the data": ("batches[i + 1 : end + 1]", "batches[i:end]"),
            "targets in columns": (".flatten()", ".T.flatten()"),
            "targets keep their axes": (".flatten()", ""),
            "device ignored": ("device=device, ", ""),
            "one row too few": (
                "min(i + bptt, len(batches) - 1)",
                "min(i + bptt, len(batches) - 2)",
            ),
        },
    ),
}

_EPOCH = """
if opt:
    model.train()
else:
    model.eval()
device = model.parameters()[0].device
samples, correct, total_loss = 0, 0, 0.0
for batch in dataloader:
    X, y = (ndl.Tensor(field, device=device, requires_grad=False) for field in batch)
    logits = model(X)
    loss = loss_fn(logits, y)
    samples += X.shape[0]
    correct += int((logits.numpy().argmax(axis=1) == y.numpy()).sum())
    total_loss += loss.numpy().item() * X.shape[0]
    if opt:
        opt.reset_grad()
        loss.backward()
        opt.step()
return correct / samples, total_loss / samples
"""
_TRAIN = """
opt = optimizer(model.parameters(), lr=lr, weight_decay=weight_decay)
for _ in range(n_epochs):
    result = epoch_general_cifar10(dataloader, model, loss_fn(), opt)
return result
"""

TRAIN_CIFAR10: Mistakes = {
    **variants(
        "epoch_general_cifar10",
        "np.random.seed(4)" + _EPOCH,
        {
            "mean of the batches' losses": (
                "loss.numpy().item() * X.shape[0]",
                "loss.numpy().item()",
                "total_loss / samples",
                "total_loss / -(-samples // dataloader.batch_size)",
            ),
            "full batches assumed": (
                "loss.numpy().item() * X.shape[0]",
                "loss.numpy().item() * dataloader.batch_size",
            ),
            "errors instead of hits": ("== y.numpy()", "!= y.numpy()"),
            "accuracy and loss swapped": (
                "return correct / samples, total_loss / samples",
                "return total_loss / samples, correct / samples",
            ),
            "always training": ("    model.eval()", "    model.train()"),
            "never training": ("    model.train()", "    model.eval()"),
            "always evaluation": ("    model.train()", "    pass"),
            "counts hits only": ("correct / samples,", "correct,"),
            "graphs are kept": (
                "total_loss += loss.numpy().item() * X.shape[0]",
                "total_loss = loss * X.shape[0] + total_loss",
                "total_loss / samples",
                "total_loss.numpy().item() / samples",
            ),
            "default device": ("ndl.Tensor(field, device=device,", "ndl.Tensor(field,"),
            "gradients reset too late": (
                "        opt.reset_grad()\n        loss.backward()\n        opt.step()",
                "        loss.backward()\n        opt.reset_grad()\n        opt.step()",
            ),
            "no steps": ("        opt.step()\n", ""),
            "steps before the statistics": (
                "    samples += X",
                "    if opt:\n        opt.reset_grad()\n"
                "        loss.backward()\n        opt.step()\n"
                "        logits = model(X)\n        loss = loss_fn(logits, y)\n    samples += X",
                "    if opt:\n        opt.reset_grad()\n"
                "        loss.backward()\n        opt.step()\n"
                "return",
                "return",
            ),
            "first batch only": ("return correct", "    break\nreturn correct"),
        },
    ),
    **variants(
        "train_cifar10",
        "np.random.seed(4)" + _TRAIN,
        {
            "one epoch": ("range(n_epochs)", "range(1)"),
            "no weight decay": (", weight_decay=weight_decay", ""),
            "step size fixed": ("lr=lr", "lr=0.001"),
            "an optimizer for each epoch": (
                "opt = optimizer(model.parameters(), lr=lr, weight_decay=weight_decay)\n"
                "for _ in range(n_epochs):\n",
                "for _ in range(n_epochs):\n"
                "    opt = optimizer(model.parameters(), lr=lr, weight_decay=weight_decay)\n",
            ),
            "mean of the epochs": (
                "for _ in range(n_epochs):\n    result = ",
                "results = []\nfor _ in range(n_epochs):\n    results.append(",
                "loss_fn(), opt)\nreturn result",
                "loss_fn(), opt))\nreturn tuple(np.mean(results, axis=0))",
            ),
            "first epoch is returned": (
                "return result",
                "return first",
                "    result = epoch_general_cifar10(dataloader, model, loss_fn(), opt)",
                "    result = epoch_general_cifar10(dataloader, model, loss_fn(), opt)\n"
                "    first = first if _ else result",
            ),
        },
    ),
    ("evaluate_cifar10", "trains"): """
        opt = ndl.optim.SGD(model.parameters(), lr=0.1)
        return epoch_general_cifar10(dataloader, model, loss_fn(), opt)
        """,
}

_READ = """
if opt:
    model.train()
else:
    model.eval()
words, correct, total_loss, h = 0, 0, 0.0, None
for i in range(0, len(data) - 1, seq_len):
    X, y = ndl.data.get_batch(data, i, seq_len, device=device, dtype=dtype)
    logits, h = model(X, h)
    h = tuple(s.detach() for s in h) if isinstance(h, tuple) else h.detach()
    loss = loss_fn(logits, y)
    words += y.shape[0]
    correct += int((logits.numpy().argmax(axis=1) == y.numpy()).sum())
    total_loss += loss.numpy().item() * y.shape[0]
    if opt:
        opt.reset_grad()
        loss.backward()
        if clip is not None:
            opt.clip_grad_norm(clip)
        opt.step()
return correct / words, total_loss / words
"""
_TRAIN_TEXT = """
opt = optimizer(model.parameters(), lr=lr, weight_decay=weight_decay)
for _ in range(n_epochs):
    result = epoch_general_ptb(data, model, seq_len, loss_fn(), opt, clip, device, dtype)
return result
"""

TRAIN_PTB: Mistakes = {
    **variants(
        "epoch_general_ptb",
        "np.random.seed(4)" + _READ,
        {
            "state is not carried on": ("model(X, h)", "model(X)"),
            "state keeps its history": (
                "    h = tuple(s.detach() for s in h) if isinstance(h, tuple) else h.detach()\n",
                "",
            ),
            "only h is detached": (
                "tuple(s.detach() for s in h) if",
                "(h[0].detach(), h[1]) if",
            ),
            "every row a start": (
                "range(0, len(data) - 1, seq_len)",
                "range(0, len(data) - 1)",
            ),
            "short chunk dropped": (
                "range(0, len(data) - 1, seq_len)",
                "range(0, len(data) - seq_len, seq_len)",
            ),
            "mean of the chunks' losses": (
                "loss.numpy().item() * y.shape[0]",
                "loss.numpy().item()",
                "total_loss / words",
                "total_loss / -(-(len(data) - 1) // seq_len)",
            ),
            "full chunks assumed": (
                "loss.numpy().item() * y.shape[0]",
                "loss.numpy().item() * seq_len * data.shape[1]",
            ),
            "weighted by rows": (
                "total_loss += loss.numpy().item() * y.shape[0]",
                "total_loss += loss.numpy().item() * X.shape[0]",
            ),
            "loss before accuracy": (
                "return correct / words, total_loss / words",
                "return total_loss / words, correct / words",
            ),
            "never in training": ("    model.train()", "    model.eval()"),
            "always in training": ("    model.eval()", "    model.train()"),
            "clipped after the step": (
                "        if clip is not None:\n            opt.clip_grad_norm(clip)\n",
                "",
            ),
            "default device": ("device=device, ", ""),
            "losses keep their graphs": (
                "total_loss += loss.numpy().item() * y.shape[0]",
                "total_loss = loss * y.shape[0] + total_loss",
                "total_loss / words",
                "total_loss.numpy().item() / words",
            ),
            "gradients reset too late": (
                "        opt.reset_grad()\n        loss.backward()\n",
                "        loss.backward()\n        opt.reset_grad()\n",
            ),
            "chunks of forty rows": ("np.random.seed(4)", "np.random.seed(4)\nseq_len = 40"),
        },
    ),
    **variants(
        "train_ptb",
        "np.random.seed(4)" + _TRAIN_TEXT,
        {
            "one epoch": ("range(n_epochs)", "range(1)"),
            "no weight decay": (", weight_decay=weight_decay", ""),
            "step size fixed": ("lr=lr", "lr=4.0"),
            "clip not passed on": ("opt, clip, device", "opt, None, device"),
            "seq_len not passed on": ("model, seq_len,", "model, 40,"),
            "device not passed on": ("clip, device, dtype", "clip"),
        },
    ),
    ("evaluate_ptb", "with chunks of forty rows"): """
        return epoch_general_ptb(data, model, 40, loss_fn(), device=device, dtype=dtype)
        """,
}
