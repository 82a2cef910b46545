"""Mistakes in the residual network and in its training."""

from __future__ import annotations

_BLOCK = """
        layers = nn.Sequential(
            nn.Linear(dim, hidden_dim),
            {norm}(hidden_dim),
            nn.ReLU(),
            nn.Dropout({drop}),
            nn.Linear(hidden_dim, dim),
            {norm}(dim),
        )
        return {result}
        """


def _block(
    norm: str = "norm",
    drop: str = "drop_prob",
    result: str = "nn.Sequential(nn.Residual(layers), nn.ReLU())",
) -> str:
    return _BLOCK.format(norm=norm, drop=drop, result=result)


def _network(
    block: str = "ResidualBlock(hidden_dim, hidden_dim // 2, norm, drop_prob)",
    count: str = "num_blocks",
    last: str = "nn.Linear(hidden_dim, num_classes)",
) -> str:
    # the first layer has to draw first
    return (
        "first = nn.Linear(dim, hidden_dim)\n"
        f"blocks = [{block} for _ in range({count})]\n"
        f"return nn.Sequential(first, nn.ReLU(), *blocks, {last})"
    )


_EPOCH = """
        np.random.seed(4)
        {mode}
        loss_function = nn.SoftmaxLoss()
        samples, batches, errors, total_loss = 0, 0, 0, 0.0
        for X, y in dataloader:
            {forward}
            {count}
            if opt:
                {step}
        return {result}
        """


def _epoch(**changes: str) -> str:
    parts = {
        "mode": "model.train() if opt else model.eval()",
        "forward": "logits = model(X)\n            loss = loss_function(logits, y)",
        "count": "samples, batches = samples + len(y.numpy()), batches + 1\n"
        "            errors += int((logits.numpy().argmax(axis=1) != y.numpy()).sum())\n"
        "            total_loss += loss.numpy().item() * X.shape[0]",
        "step": "opt.reset_grad(); loss.backward(); opt.step()",
        "result": "errors / samples, total_loss / samples",
    }
    return _EPOCH.format(**{**parts, **changes})


_TRAIN = """
        np.random.seed(4)
        names = [
            [f"{{data_dir}}/{{part}}-{{kind}}-ubyte.gz" for kind in ("images-idx3", "labels-idx1")]
            for part in ("train", "t10k")
        ]
        train, test = (ndl.data.MNISTDataset(*each) for each in names)
        train_batches = ndl.data.DataLoader(train, batch_size={size}, shuffle={shuffle})
        test_batches = ndl.data.DataLoader({test}, batch_size={size})
        model = MLPResNet(784, {width})
        opt = {opt}
        {loop}
        return {result}
        """


def _train(**changes: str) -> str:
    parts = {
        "size": "batch_size",
        "shuffle": "True",
        "test": "test",
        "width": "hidden_dim",
        "opt": "optimizer(model.parameters(), lr=lr, weight_decay=weight_decay)",
        "loop": "for _ in range(epochs):\n"
        "            train_error, train_loss = epoch(train_batches, model, opt)",
        "result": "(train_error, train_loss, *epoch(test_batches, model))",
    }
    return _TRAIN.format(**{**parts, **changes})


NETWORK = {
    ("ResidualBlock", "no way around"): _block(result="nn.Sequential(layers, nn.ReLU())"),
    ("ResidualBlock", "no last ReLU"): _block(result="nn.Residual(layers)"),
    ("ResidualBlock", "ReLU inside"): _block(
        result="nn.Residual(nn.Sequential(layers, nn.ReLU()))"
    ),
    ("ResidualBlock", "always batch norm"): _block(norm="nn.BatchNorm1d"),
    ("ResidualBlock", "always half dropped"): _block(drop="0.5"),
    ("ResidualBlock", "default probability"): _block(drop="0.1"),
    ("ResidualBlock", "keeps with drop_prob"): _block(drop="1 - drop_prob"),
    ("ResidualBlock", "dropout at the end"): """
        layers = nn.Sequential(
            nn.Linear(dim, hidden_dim), norm(hidden_dim), nn.ReLU(),
            nn.Linear(hidden_dim, dim), norm(dim), nn.Dropout(drop_prob),
        )
        return nn.Sequential(nn.Residual(layers), nn.ReLU())
        """,
    ("ResidualBlock", "no dropout"): """
        layers = nn.Sequential(
            nn.Linear(dim, hidden_dim), norm(hidden_dim), nn.ReLU(),
            nn.Linear(hidden_dim, dim), norm(dim),
        )
        return nn.Sequential(nn.Residual(layers), nn.ReLU())
        """,
    ("ResidualBlock", "one normalization"): """
        layers = nn.Sequential(
            nn.Linear(dim, hidden_dim), norm(hidden_dim), nn.ReLU(), nn.Dropout(drop_prob),
            nn.Linear(hidden_dim, dim),
        )
        return nn.Sequential(nn.Residual(layers), nn.ReLU())
        """,
    ("ResidualBlock", "ReLU before normalization"): """
        layers = nn.Sequential(
            nn.Linear(dim, hidden_dim), nn.ReLU(), norm(hidden_dim), nn.Dropout(drop_prob),
            nn.Linear(hidden_dim, dim), norm(dim),
        )
        return nn.Sequential(nn.Residual(layers), nn.ReLU())
        """,
    ("ResidualBlock", "no first ReLU"): """
        layers = nn.Sequential(
            nn.Linear(dim, hidden_dim), norm(hidden_dim), nn.Dropout(drop_prob),
            nn.Linear(hidden_dim, dim), norm(dim),
        )
        return nn.Sequential(nn.Residual(layers), nn.ReLU())
        """,
    ("ResidualBlock", "layers made last first"): """
        second, first = nn.Linear(hidden_dim, dim), nn.Linear(dim, hidden_dim)
        layers = nn.Sequential(
            first, norm(hidden_dim), nn.ReLU(), nn.Dropout(drop_prob), second, norm(dim)
        )
        return nn.Sequential(nn.Residual(layers), nn.ReLU())
        """,
    ("MLPResNet", "blocks as wide inside"): _network(
        block="ResidualBlock(hidden_dim, hidden_dim, norm, drop_prob)"
    ),
    ("MLPResNet", "norm not passed on"): _network(
        block="ResidualBlock(hidden_dim, hidden_dim // 2, drop_prob=drop_prob)"
    ),
    ("MLPResNet", "drop_prob not passed on"): _network(
        block="ResidualBlock(hidden_dim, hidden_dim // 2, norm)"
    ),
    ("MLPResNet", "always three blocks"): _network(count="3"),
    ("MLPResNet", "one block too few"): _network(count="num_blocks - 1"),
    ("MLPResNet", "always ten classes"): _network(last="nn.Linear(hidden_dim, 10)"),
    ("MLPResNet", "ReLU at the end"): _network(
        last="nn.Linear(hidden_dim, num_classes), nn.ReLU()"
    ),
    ("MLPResNet", "one block many times"): """
        first = nn.Linear(dim, hidden_dim)
        block = ResidualBlock(hidden_dim, hidden_dim // 2, norm, drop_prob)
        last = nn.Linear(hidden_dim, num_classes)
        return nn.Sequential(first, nn.ReLU(), *[block] * num_blocks, last)
        """,
    ("MLPResNet", "last layer drawn first"): """
        last = nn.Linear(hidden_dim, num_classes)
        first = nn.Linear(dim, hidden_dim)
        sizes = hidden_dim, hidden_dim // 2, norm, drop_prob
        blocks = [ResidualBlock(*sizes) for _ in range(num_blocks)]
        return nn.Sequential(first, nn.ReLU(), *blocks, last)
        """,
    ("MLPResNet", "blocks drawn first"): """
        sizes = hidden_dim, hidden_dim // 2, norm, drop_prob
        blocks = [ResidualBlock(*sizes) for _ in range(num_blocks)]
        first = nn.Linear(dim, hidden_dim)
        last = nn.Linear(hidden_dim, num_classes)
        return nn.Sequential(first, nn.ReLU(), *blocks, last)
        """,
    ("MLPResNet", "no first ReLU"): """
        first = nn.Linear(dim, hidden_dim)
        sizes = hidden_dim, hidden_dim // 2, norm, drop_prob
        blocks = [ResidualBlock(*sizes) for _ in range(num_blocks)]
        return nn.Sequential(first, *blocks, nn.Linear(hidden_dim, num_classes))
        """,
    ("MLPResNet", "extra dropout"): _network(
        last="nn.Dropout(drop_prob), nn.Linear(hidden_dim, num_classes)"
    ),
}

EPOCH = {
    ("epoch", "average of averages"): _epoch(
        count="samples, batches = samples + len(y.numpy()), batches + 1\n"
        "            errors += int((logits.numpy().argmax(axis=1) != y.numpy()).sum())\n"
        "            total_loss += loss.numpy().item()",
        result="errors / samples, total_loss / batches",
    ),
    ("epoch", "average of error rates"): _epoch(
        count="samples, batches = samples + len(y.numpy()), batches + 1\n"
        "            errors += (logits.numpy().argmax(axis=1) != y.numpy()).mean()\n"
        "            total_loss += loss.numpy().item() * X.shape[0]",
        result="errors / batches, total_loss / samples",
    ),
    ("epoch", "all batches full"): _epoch(
        result="errors / (batches * dataloader.batch_size),"
        " total_loss / (batches * dataloader.batch_size)"
    ),
    ("epoch", "loss of full batches"): _epoch(
        count="samples, batches = samples + len(y.numpy()), batches + 1\n"
        "            errors += int((logits.numpy().argmax(axis=1) != y.numpy()).sum())\n"
        "            total_loss += loss.numpy().item() * dataloader.batch_size",
    ),
    ("epoch", "accuracy"): _epoch(result="1 - errors / samples, total_loss / samples"),
    ("epoch", "loss first"): _epoch(result="total_loss / samples, errors / samples"),
    ("epoch", "sums"): _epoch(result="errors, total_loss"),
    ("epoch", "last batch only"): _epoch(
        result="(logits.numpy().argmax(axis=1) != y.numpy()).mean(), loss.numpy().item()"
    ),
    ("epoch", "arrays"): _epoch(
        result="np.array([errors / samples]), np.array([total_loss / samples])"
    ),
    ("epoch", "always training mode"): _epoch(mode="model.train()"),
    ("epoch", "always evaluation mode"): _epoch(mode="model.eval()"),
    ("epoch", "modes swapped"): _epoch(mode="model.eval() if opt else model.train()"),
    ("epoch", "mode not set"): _epoch(mode="pass"),
    ("epoch", "mode of the outermost module"): _epoch(mode="model.training = bool(opt)"),
    ("epoch", "results after the step"): _epoch(
        count="pass",
        step="opt.reset_grad(); loss.backward(); opt.step()\n"
        "            logits = model(X)\n"
        "            loss = loss_function(logits, y)\n"
        "            samples += len(y.numpy())\n"
        "            errors += int((logits.numpy().argmax(axis=1) != y.numpy()).sum())\n"
        "            total_loss += loss.numpy().item() * X.shape[0]",
    ),
    ("epoch", "keeps graphs"): _epoch(
        count="samples, batches = samples + len(y.numpy()), batches + 1\n"
        "            errors += int((logits.numpy().argmax(axis=1) != y.numpy()).sum())\n"
        "            total_loss = loss * X.shape[0] + total_loss",
        result="errors / samples, total_loss.numpy().item() / samples",
    ),
    ("epoch", "keeps outputs"): _epoch(
        count="model.__dict__.setdefault('_outputs', set()).add(logits)\n"
        "            samples += len(y.numpy())\n"
        "            errors += int((logits.numpy().argmax(axis=1) != y.numpy()).sum())\n"
        "            total_loss += loss.numpy().item() * X.shape[0]",
    ),
    ("epoch", "no step"): _epoch(step="opt.reset_grad(); loss.backward()"),
    ("epoch", "gradients forgotten before the step"): _epoch(
        step="loss.backward(); opt.reset_grad(); opt.step()"
    ),
    ("epoch", "two steps"): _epoch(
        step="opt.reset_grad(); loss.backward(); opt.step(); opt.step()"
    ),
    ("epoch", "step of the first batch only"): _epoch(
        step="opt.reset_grad(); loss.backward(); opt.step() if batches == 1 else None"
    ),
    ("epoch", "loss is a sum"): _epoch(
        forward="logits = model(X)\n            loss = loss_function(logits, y) * X.shape[0]",
        count="samples, batches = samples + len(y.numpy()), batches + 1\n"
        "            errors += int((logits.numpy().argmax(axis=1) != y.numpy()).sum())\n"
        "            total_loss += loss.numpy().item()",
    ),
    ("epoch", "does not begin with the seed"): _epoch().replace("np.random.seed(4)", "pass", 1),
    ("epoch", "smallest logit"): _epoch(
        count="samples, batches = samples + len(y.numpy()), batches + 1\n"
        "            errors += int((logits.numpy().argmin(axis=1) != y.numpy()).sum())\n"
        "            total_loss += loss.numpy().item() * X.shape[0]",
    ),
}

TRAIN = {
    ("train_mnist", "not shuffled"): _train(shuffle="False"),
    ("train_mnist", "tested on training data"): _train(test="train"),
    ("train_mnist", "accuracies"): _train(
        loop="for _ in range(epochs):\n"
        "            train_error, train_loss = epoch(train_batches, model, opt)\n"
        "        test_error, test_loss = epoch(test_batches, model)",
        result="(1 - train_error, train_loss, 1 - test_error, test_loss)",
    ),
    ("train_mnist", "errors first"): _train(
        loop="for _ in range(epochs):\n"
        "            train_error, train_loss = epoch(train_batches, model, opt)\n"
        "        test_error, test_loss = epoch(test_batches, model)",
        result="(train_error, test_error, train_loss, test_loss)",
    ),
    ("train_mnist", "test first"): _train(
        result="(*epoch(test_batches, model), train_error, train_loss)"
    ),
    ("train_mnist", "pairs"): _train(
        result="(train_error, train_loss), epoch(test_batches, model)"
    ),
    ("train_mnist", "no weight decay"): _train(opt="optimizer(model.parameters(), lr=lr)"),
    ("train_mnist", "default step size"): _train(
        opt="optimizer(model.parameters(), weight_decay=weight_decay)"
    ),
    ("train_mnist", "always Adam"): _train(
        opt="ndl.optim.Adam(model.parameters(), lr=lr, weight_decay=weight_decay)"
    ),
    ("train_mnist", "default width"): _train(width="100"),
    ("train_mnist", "default batch size"): _train(size="100"),
    ("train_mnist", "ten epochs"): _train(
        loop="for _ in range(10):\n"
        "            train_error, train_loss = epoch(train_batches, model, opt)"
    ),
    ("train_mnist", "one epoch too few"): _train(
        loop="for _ in range(max(epochs - 1, 1)):\n"
        "            train_error, train_loss = epoch(train_batches, model, opt)"
    ),
    ("train_mnist", "results of the first epoch"): _train(
        loop="train_error, train_loss = epoch(train_batches, model, opt)\n"
        "        for _ in range(epochs - 1):\n"
        "            epoch(train_batches, model, opt)"
    ),
    ("train_mnist", "average over epochs"): _train(
        loop="results = [epoch(train_batches, model, opt) for _ in range(epochs)]\n"
        "        train_error, train_loss = np.mean(results, axis=0)"
    ),
    ("train_mnist", "a new optimizer each epoch"): _train(
        loop="for _ in range(epochs):\n"
        "            opt = optimizer(model.parameters(), lr=lr, weight_decay=weight_decay)\n"
        "            train_error, train_loss = epoch(train_batches, model, opt)"
    ),
    ("train_mnist", "trained on the test"): _train(
        result="(train_error, train_loss, *epoch(test_batches, model, opt))"
    ),
    ("train_mnist", "evaluated after training"): _train(
        loop="for _ in range(epochs):\n"
        "            epoch(train_batches, model, opt)\n"
        "        train_error, train_loss = epoch(train_batches, model)"
    ),
    ("train_mnist", "first half of the training data"): _train(
        shuffle="True",
        loop="train.X, train.y = train.X[: len(train.y) // 2], train.y[: len(train.y) // 2]\n"
        "        for _ in range(epochs):\n"
        "            train_error, train_loss = epoch(train_batches, model, opt)",
    ),
    ("train_mnist", "another folder"): _train().replace("{data_dir}", "data"),
}

APPS = {**NETWORK, **EPOCH, **TRAIN}
