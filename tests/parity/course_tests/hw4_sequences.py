"""A homework-4 file as courses write them: recurrent networks against PyTorch, language models."""

import itertools
import sys

sys.path.append("./python")
sys.path.append("./apps")

import mugrade
import needle as ndl
import needle.nn as nn
import numpy as np
import pytest
import torch
from models import LanguageModel
from needle import Tensor
from simple_ml import *

np.random.seed(3)

_DEVICES = [
    ndl.cpu(),
    pytest.param(ndl.cuda(), marks=pytest.mark.skipif(not ndl.cuda().enabled(), reason="No GPU")),
]

BATCH_SIZES = [1, 15]
INPUT_SIZES = [1, 11]
HIDDEN_SIZES = [1, 12]
BIAS = [True, False]
INIT_HIDDEN = [True, False]
NONLINEARITIES = ["tanh", "relu"]
SEQ_LENGTHS = [1, 13]
NUM_LAYERS = [1, 2]


def close(a, b, tol=1e-5):
    np.testing.assert_allclose(a.numpy(), b.detach().numpy(), atol=tol, rtol=tol)


def copy_cell(cell, theirs, suffix, device, bias):
    """Gives our cell the weights of a PyTorch module, as plain tensors."""
    for ours, name in [("W_ih", "weight_ih"), ("W_hh", "weight_hh")]:
        array = getattr(theirs, name + suffix).detach().numpy().transpose()
        setattr(cell, ours, Tensor(array, device=device))
    if bias:
        for name in ["bias_ih", "bias_hh"]:
            array = getattr(theirs, name + suffix).detach().numpy()
            setattr(cell, name, Tensor(array, device=device))


@pytest.mark.parametrize("batch_size", BATCH_SIZES)
@pytest.mark.parametrize("input_size", INPUT_SIZES)
@pytest.mark.parametrize("hidden_size", HIDDEN_SIZES)
@pytest.mark.parametrize("bias", BIAS)
@pytest.mark.parametrize("init_hidden", INIT_HIDDEN)
@pytest.mark.parametrize("nonlinearity", NONLINEARITIES)
@pytest.mark.parametrize("device", _DEVICES, ids=["cpu", "cuda"])
def test_rnn_cell(batch_size, input_size, hidden_size, bias, init_hidden, nonlinearity, device):
    x = np.random.randn(batch_size, input_size).astype(np.float32)
    h0 = np.random.randn(batch_size, hidden_size).astype(np.float32)
    model_ = torch.nn.RNNCell(input_size, hidden_size, nonlinearity=nonlinearity, bias=bias)
    h_ = model_(torch.tensor(x), torch.tensor(h0) if init_hidden else None)
    model = nn.RNNCell(
        input_size, hidden_size, device=device, bias=bias, nonlinearity=nonlinearity
    )
    copy_cell(model, model_, "", device, bias)
    h = model(Tensor(x, device=device), Tensor(h0, device=device) if init_hidden else None)
    assert h.device == device
    close(h, h_)
    h.sum().backward()
    h_.sum().backward()
    np.testing.assert_allclose(
        model_.weight_ih.grad.detach().numpy().transpose(),
        model.W_ih.grad.numpy(), atol=1e-5, rtol=1e-5,
    )


@pytest.mark.parametrize("batch_size", BATCH_SIZES)
@pytest.mark.parametrize("hidden_size", HIDDEN_SIZES)
@pytest.mark.parametrize("bias", BIAS)
@pytest.mark.parametrize("init_hidden", INIT_HIDDEN)
@pytest.mark.parametrize("device", _DEVICES, ids=["cpu", "cuda"])
def test_lstm_cell(batch_size, hidden_size, bias, init_hidden, device):
    x = np.random.randn(batch_size, 5).astype(np.float32)
    h0, c0 = (np.random.randn(batch_size, hidden_size).astype(np.float32) for _ in range(2))
    model_ = torch.nn.LSTMCell(5, hidden_size, bias=bias)
    model = nn.LSTMCell(5, hidden_size, device=device, bias=bias)
    copy_cell(model, model_, "", device, bias)
    if init_hidden:
        h_, c_ = model_(torch.tensor(x), (torch.tensor(h0), torch.tensor(c0)))
        h, c = model(
            Tensor(x, device=device), (Tensor(h0, device=device), Tensor(c0, device=device))
        )
    else:
        h_, c_ = model_(torch.tensor(x), None)
        h, c = model(Tensor(x, device=device), None)
    close(h, h_)
    close(c, c_)
    h.sum().backward()
    h_.sum().backward()
    np.testing.assert_allclose(
        model_.weight_ih.grad.numpy().transpose(), model.W_ih.grad.numpy(), atol=1e-5, rtol=1e-5
    )


@pytest.mark.parametrize("kind", ["RNN", "LSTM"])
@pytest.mark.parametrize("seq_length", SEQ_LENGTHS)
@pytest.mark.parametrize("num_layers", NUM_LAYERS)
@pytest.mark.parametrize("batch_size", BATCH_SIZES)
@pytest.mark.parametrize("bias", BIAS)
@pytest.mark.parametrize("init_hidden", INIT_HIDDEN)
@pytest.mark.parametrize("device", _DEVICES, ids=["cpu", "cuda"])
def test_sequences(kind, seq_length, num_layers, batch_size, bias, init_hidden, device):
    input_size, hidden_size = 11, 12
    x = np.random.randn(seq_length, batch_size, input_size).astype(np.float32)
    states = [
        np.random.randn(num_layers, batch_size, hidden_size).astype(np.float32)
        for _ in range(1 if kind == "RNN" else 2)
    ]
    model_ = getattr(torch.nn, kind)(input_size, hidden_size, num_layers=num_layers, bias=bias)
    model = getattr(nn, kind)(input_size, hidden_size, num_layers, bias, device=device)
    cells = model.rnn_cells if kind == "RNN" else model.lstm_cells
    for k in range(num_layers):
        copy_cell(cells[k], model_, f"_l{k}", device, bias)
    theirs, ours = None, None
    if init_hidden:
        theirs = tuple(torch.tensor(s) for s in states)
        ours = tuple(Tensor(s, device=device) for s in states)
        if kind == "RNN":
            theirs, ours = theirs[0], ours[0]
    output_, state_ = model_(torch.tensor(x), theirs)
    output, state = model(Tensor(x, device=device), ours)
    close(output, output_)
    if kind == "LSTM":
        assert isinstance(state, tuple)
        close(state[0], state_[0])
        close(state[1], state_[1])
    else:
        close(state, state_)
    output.sum().backward()
    output_.sum().backward()
    np.testing.assert_allclose(
        model_.weight_ih_l0.grad.numpy().transpose(), cells[0].W_ih.grad.numpy(), 1e-4, 1e-4
    )


@pytest.mark.parametrize("device", _DEVICES, ids=["cpu", "cuda"])
def test_weights_of_lstm(device):
    model = nn.LSTM(13, 12, 2, True, device=device)
    shapes = [p.shape for p in model.parameters()]
    assert shapes == [(13, 48), (12, 48), (48,), (48,), (12, 48), (12, 48), (48,), (48,)]
    bound = 1 / np.sqrt(12)
    for p in model.parameters():
        assert np.abs(p.numpy()).max() <= bound and np.abs(p.numpy()).max() > 0.9 * bound


@pytest.mark.parametrize("device", _DEVICES, ids=["cpu", "cuda"])
def test_embedding(device):
    for num_embeddings, dim, seq_len, bs in itertools.product([1, 34], [3], [1, 5], [1, 4]):
        x = np.random.randint(0, num_embeddings, (seq_len, bs)).astype(np.float32)
        layer_ = torch.nn.Embedding(num_embeddings, dim)
        layer = nn.Embedding(num_embeddings, dim, device=device)
        layer.weight = Tensor(layer_.weight.detach().numpy(), device=device)
        close(layer(Tensor(x, device=device)), layer_(torch.tensor(x).long()))


@pytest.mark.parametrize("device", [ndl.cpu()])
def test_sigmoid(device):
    x = np.random.randn(4, 3).astype(np.float32)
    close(nn.Sigmoid()(Tensor(x, device=device)), torch.sigmoid(torch.tensor(x)))


@pytest.mark.parametrize("seq_length", [1, 7])
@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("seq_model", ["rnn", "lstm"])
@pytest.mark.parametrize("init_hidden", INIT_HIDDEN)
@pytest.mark.parametrize("device", _DEVICES, ids=["cpu", "cuda"])
def test_language_model(seq_length, num_layers, seq_model, init_hidden, device):
    bs, emb, hidden, vocabulary = 3, 5, 6, 10
    x = np.random.randint(0, vocabulary, (seq_length, bs)).astype(np.float32)
    h0 = ndl.Tensor(
        np.random.randn(num_layers, bs, hidden).astype(np.float32), device=device
    )
    c0 = ndl.Tensor(
        np.random.randn(num_layers, bs, hidden).astype(np.float32), device=device
    )
    model = LanguageModel(emb, vocabulary, hidden, num_layers, seq_model, device=device)
    if init_hidden:
        output, h = model(ndl.Tensor(x, device=device), (h0, c0) if seq_model == "lstm" else h0)
    else:
        output, h = model(ndl.Tensor(x, device=device), None)
    if seq_model == "lstm":
        assert isinstance(h, tuple)
        h0_, c0_ = h
        assert c0_.shape == (num_layers, bs, hidden)
    else:
        h0_ = h
    assert h0_.shape == (num_layers, bs, hidden)
    assert output.shape == (bs * seq_length, vocabulary)
    output.backward()
    for p in model.parameters():
        assert p.grad is not None


TEXT = " the cat sat on the mat \n a dog saw the cat run \n \n the mat was red \n" * 20


@pytest.fixture
def ptb(tmp_path):
    (tmp_path / "train.txt").write_text(TEXT)
    (tmp_path / "test.txt").write_text(" a bird saw the dog \n the red cat sat \n")
    return str(tmp_path)


@pytest.mark.parametrize("max_lines", [1, 3, None])
def test_corpus(ptb, max_lines):
    corpus = ndl.data.Corpus(ptb, max_lines)
    lines = TEXT.split("\n")[:-1][:max_lines]
    words = [w for line in lines for w in [*line.split(), "<eos>"]]
    assert [corpus.dictionary.idx2word[i] for i in corpus.train] == words
    assert corpus.dictionary.word2idx["the"] == 0
    assert len(corpus.dictionary) == len(corpus.dictionary.idx2word)
    assert len(corpus.test) <= 11


@pytest.mark.parametrize("batch_size", [1, 15])
@pytest.mark.parametrize("bptt", [3, 32])
@pytest.mark.parametrize("device", _DEVICES, ids=["cpu", "cuda"])
def test_ptb_dataset(ptb, batch_size, bptt, device):
    corpus = ndl.data.Corpus(ptb, max_lines=60)
    train_data = ndl.data.batchify(corpus.train, batch_size, device=device, dtype="float32")
    assert train_data.shape == (len(corpus.train) // batch_size, batch_size)
    for i in np.random.randint(train_data.shape[0] - 1, size=4):
        X, y = ndl.data.get_batch(train_data, i, bptt, device=device)
        n = min(bptt, len(train_data) - 1 - i)
        assert X.shape == (n, batch_size) and y.shape == (n * batch_size,)
        assert X.device == device and y.device == device
        assert isinstance(X, ndl.Tensor) and X.dtype == "float32"
        np.testing.assert_allclose(X.numpy(), train_data[i : i + n])
        np.testing.assert_allclose(y.numpy(), train_data[i + 1 : i + 1 + n].flatten())


@pytest.mark.parametrize("seq_model", ["rnn", "lstm"])
@pytest.mark.parametrize("device", _DEVICES)
def test_language_model_training(ptb, seq_model, device):
    np.random.seed(0)
    corpus = ndl.data.Corpus(ptb, max_lines=30)
    train_data = ndl.data.batchify(corpus.train, batch_size=8, device=device, dtype="float32")
    model = LanguageModel(
        10, len(corpus.dictionary), hidden_size=12, num_layers=2, seq_model=seq_model, device=device
    )
    before = evaluate_ptb(model, train_data, seq_len=6, device=device)
    train_acc, train_loss = train_ptb(
        model, train_data, seq_len=6, n_epochs=2, device=device, lr=0.5, optimizer=ndl.optim.SGD
    )
    test_acc, test_loss = evaluate_ptb(model, train_data, seq_len=6, device=device)
    losses = [float(np.asarray(x).reshape(())) for x in (before[1], train_loss, test_loss)]
    assert losses[2] < losses[0]
    assert 0 <= test_acc <= 1


@pytest.mark.parametrize("device", [ndl.cpu()])
def test_train_and_evaluate_cifar10(device):
    from models import ResNet9

    np.random.seed(0)
    X = np.random.rand(12, 3, 32, 32).astype(np.float32)
    dataset = ndl.data.NDArrayDataset(X, np.arange(12) % 3)
    dataloader = ndl.data.DataLoader(dataset=dataset, batch_size=5, shuffle=True)
    model = ResNet9(device=device, dtype="float32")
    out = train_cifar10(model, dataloader, n_epochs=1, optimizer=ndl.optim.Adam, lr=0.001)
    acc, loss = evaluate_cifar10(model, dataloader)
    assert 0 <= acc <= 1 and len(out) == 2
    assert float(np.asarray(loss).reshape(())) > 0


def submit_rnn_cell():
    mugrade.submit(nn.RNNCell(3, 4)(ndl.init.ones(2, 3)).numpy())
