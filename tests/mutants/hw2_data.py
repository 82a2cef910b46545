"""Mistakes in transforms, in the data set, and in the loader."""

from __future__ import annotations

_FLIP = "flip_img = np.random.rand() < self.p\n"
_CROP = "shift_x, shift_y = np.random.randint(low=-self.padding, high=self.padding + 1, size=2)\n"
_WINDOW = """
height, width, _ = img.shape
padded = np.pad(img, [(self.padding,) * 2] * 2 + [(0, 0)])
"""

TRANSFORMS = {
    ("RandomFlipHorizontal.__call__", "rows"): _FLIP + "return img[::-1] if flip_img else img",
    ("RandomFlipHorizontal.__call__", "channels"): _FLIP
    + "return img[:, :, ::-1] if flip_img else img",
    ("RandomFlipHorizontal.__call__", "everything"): _FLIP
    + "return np.flip(img) if flip_img else img",
    ("RandomFlipHorizontal.__call__", "transposed"): _FLIP
    + "return img.swapaxes(0, 1) if flip_img else img",
    ("RandomFlipHorizontal.__call__", "the others"): _FLIP
    + "return img if flip_img else img[:, ::-1]",
    ("RandomFlipHorizontal.__call__", "always"): _FLIP + "return img[:, ::-1]",
    ("RandomFlipHorizontal.__call__", "never"): _FLIP + "return img",
    ("RandomFlipHorizontal.__call__", "in place"): _FLIP
    + "if flip_img:\n    img[:] = img[:, ::-1].copy()\nreturn img",
    ("RandomFlipHorizontal.__call__", "draws again"): _FLIP
    + "return img[:, ::-1] if np.random.rand() < self.p else img",
    ("RandomFlipHorizontal.__call__", "leaks float64"): _FLIP
    + "return img[:, ::-1].astype('float64') if flip_img else img",
    ("RandomCrop.__call__", "sign"): _CROP
    + _WINDOW
    + "top, left = self.padding - shift_x, self.padding - shift_y\n"
    "return padded[top : top + height, left : left + width]",
    ("RandomCrop.__call__", "sign of rows"): _CROP
    + _WINDOW
    + "top, left = self.padding - shift_x, self.padding + shift_y\n"
    "return padded[top : top + height, left : left + width]",
    ("RandomCrop.__call__", "axes swapped"): _CROP
    + _WINDOW
    + "top, left = self.padding + shift_y, self.padding + shift_x\n"
    "return padded[top : top + height, left : left + width]",
    ("RandomCrop.__call__", "height and width swapped"): _CROP
    + _WINDOW
    + "top, left = self.padding + shift_x, self.padding + shift_y\n"
    "return padded[top : top + width, left : left + height]",
    ("RandomCrop.__call__", "around the edge"): _CROP
    + "return np.roll(img, (-shift_x, -shift_y), axis=(0, 1))",
    ("RandomCrop.__call__", "edge repeated"): _CROP
    + _WINDOW
    + "padded = np.pad(img, [(self.padding,) * 2] * 2 + [(0, 0)], mode='edge')\n"
    "top, left = self.padding + shift_x, self.padding + shift_y\n"
    "return padded[top : top + height, left : left + width]",
    ("RandomCrop.__call__", "channels padded"): _CROP + "height, width, _ = img.shape\n"
    "padded = np.pad(img, self.padding)\n"
    "top, left = self.padding + shift_x, self.padding + shift_y\n"
    "return padded[top : top + height, left : left + width]",
    ("RandomCrop.__call__", "smaller image"): _CROP
    + _WINDOW
    + "top, left = self.padding + shift_x, self.padding + shift_y\n"
    "return padded[top : top + height - self.padding, left : left + width - self.padding]",
    ("RandomCrop.__call__", "not padded"): _CROP
    + "return img[max(shift_x, 0) : img.shape[0] + min(shift_x, 0),"
    " max(shift_y, 0) : img.shape[1] + min(shift_y, 0)]",
    ("RandomCrop.__call__", "not beyond the image"): _CROP + "result = np.zeros_like(img)\n"
    "h, w = img.shape[:2]\n"
    "result[max(-shift_x, 0) : h - max(shift_x, 0), max(-shift_y, 0) : w - max(shift_y, 0)] = (\n"
    "    img[max(shift_x, 0) : h + min(shift_x, 0), max(shift_y, 0) : w + min(shift_y, 0)]\n"
    ")\nreturn result",
    ("RandomCrop.__call__", "leaks float64"): _CROP + "height, width, channels = img.shape\n"
    "p = self.padding\n"
    "padded = np.zeros((height + 2 * p, width + 2 * p, channels))\n"
    "padded[p : p + height, p : p + width] = img\n"
    "return padded[p + shift_x : p + shift_x + height, p + shift_y : p + shift_y + width]",
    ("RandomCrop.__call__", "nothing"): _CROP + "return img",
}


def _read(pixels: str = "pixels.astype(np.float32) / 255", labels: str = "labels") -> str:
    return f"""
        super().__init__(transforms)
        self.image_shape = [28, 28]
        with gzip.open(image_filename) as file:
            pixels = np.frombuffer(file.read(), dtype=np.uint8, offset=16).reshape(-1, 784)
        with gzip.open(label_filename) as file:
            labels = np.frombuffer(file.read(), dtype=np.uint8, offset=8)
        self.X, self.y = {pixels}, {labels}
        """


MNIST = {
    ("MNISTDataset.__init__", "bytes"): _read("pixels"),
    ("MNISTDataset.__init__", "divided by 256"): _read("pixels.astype(np.float32) / 256"),
    ("MNISTDataset.__init__", "divided by the largest"): _read(
        "pixels.astype(np.float32) / max(pixels.max(), 1) * (254 / 255)"
    ),
    ("MNISTDataset.__init__", "float64"): _read("pixels / 255"),
    ("MNISTDataset.__init__", "half precision"): _read(
        "(pixels / 255).astype(np.float16).astype(np.float32)"
    ),
    ("MNISTDataset.__init__", "between -1 and 1"): _read("pixels.astype(np.float32) / 255 * 2 - 1"),
    ("MNISTDataset.__init__", "labels of float"): _read(labels="labels.astype(np.float32)"),
    ("MNISTDataset.__init__", "labels of two axes"): _read(labels="labels.reshape(-1, 1)"),
    ("MNISTDataset.__init__", "one-hot labels"): _read(labels="np.eye(10, dtype=int)[labels]"),
    ("MNISTDataset.__init__", "labels shifted"): _read(labels="np.roll(labels, 1)"),
    ("MNISTDataset.__init__", "columns first"): _read(
        "pixels.reshape(-1, 28, 28).swapaxes(1, 2).reshape(-1, 784).astype(np.float32) / 255"
    ),
    ("MNISTDataset.__init__", "no transforms"): _read() + "self.transforms = None\n",
    ("MNISTDataset.__init__", "transformed once"): _read().rstrip()
    + """
        images = self.X.reshape(-1, 28, 28, 1)
        self.X = np.array([self.apply_transforms(x) for x in images]).reshape(-1, 784)
        self.transforms = None
        """,
    ("MNISTDataset.__getitem__", "no transforms of slices"): """
        X = self.X[index]
        if self.transforms and X.ndim == 1:
            X = self.apply_transforms(X.reshape(28, 28, 1)).reshape(784)
        return X, self.y[index]
        """,
    ("MNISTDataset.__getitem__", "no transforms of single images"): """
        X = self.X[index]
        if self.transforms and X.ndim == 2:
            images = X.reshape(-1, 28, 28, 1)
            X = np.array([self.apply_transforms(x) for x in images]).reshape(X.shape)
        return X, self.y[index]
        """,
    ("MNISTDataset.__getitem__", "one transform for all"): """
        X = self.X[index]
        images = X.reshape(-1, 28, 28, 1).transpose(1, 2, 0, 3)[..., 0]
        images = np.ascontiguousarray(self.apply_transforms(images)).transpose(2, 0, 1)
        return images.reshape(X.shape), self.y[index]
        """,
    ("MNISTDataset.__getitem__", "no axis for a single sample"): """
        X, y = self.X[index], self.y[index]
        if self.transforms:
            images = X.reshape(-1, 28, 28, 1)
            X = np.array([self.apply_transforms(x) for x in images]).reshape(X.shape)
        if X.size == 784:
            return X.reshape(784), y.reshape(-1)[0]
        return X, y
        """,
    ("MNISTDataset.__getitem__", "always an axis"): """
        X, y = self.X[index], self.y[index]
        images = X.reshape(-1, 28, 28, 1)
        X = np.array([self.apply_transforms(x) for x in images]).reshape(-1, 784)
        return X, np.atleast_1d(y)
        """,
    ("MNISTDataset.__getitem__", "transforms in the wrong order"): """
        X, y = self.X[index], self.y[index]
        if self.transforms:
            images = []
            for x in X.reshape(-1, 28, 28, 1):
                for transform in reversed(self.transforms):
                    x = transform(x)
                images.append(x)
            X = np.array(images).reshape(X.shape)
        return X, y
        """,
    ("MNISTDataset.__getitem__", "transforms change the data"): """
        X, y = self.X[index], self.y[index]
        if self.transforms:
            images = X.reshape(-1, 28, 28, 1)
            X = np.array([self.apply_transforms(x) for x in images]).reshape(X.shape)
            self.X[index] = X
        return X, y
        """,
    ("MNISTDataset.__getitem__", "rows for channels"): """
        X, y = self.X[index], self.y[index]
        if self.transforms:
            images = X.reshape(-1, 1, 28, 28)
            X = np.array([self.apply_transforms(x) for x in images]).reshape(X.shape)
        return X, y
        """,
    ("MNISTDataset.__getitem__", "sorted"): """
        index = np.sort(index) if isinstance(index, np.ndarray) else index
        X, y = self.X[index], self.y[index]
        if self.transforms:
            images = X.reshape(-1, 28, 28, 1)
            X = np.array([self.apply_transforms(x) for x in images]).reshape(X.shape)
        return X, y
        """,
    ("MNISTDataset.__len__", "of an image"): "return self.X.shape[1]",
    ("MNISTDataset.__len__", "as a byte"): "return len(self.y) % 256",
}

_NEXT = """
        if self.position >= len(self.ordering):
            raise StopIteration
        fields = self.dataset[self.ordering[self.position]]
        self.position += 1
        {rest}
        """

LOADER = {
    ("DataLoader.__iter__", "goes on where it was"): """
        if self.shuffle:
            self.ordering = self._split(np.random.permutation(len(self.dataset)))
        if not hasattr(self, "position"):
            self.position = 0
        return self
        """,
    ("DataLoader.__iter__", "starts over after the end only"): """
        if self.shuffle:
            self.ordering = self._split(np.random.permutation(len(self.dataset)))
        if self.__dict__.get("position", 0) >= len(self.ordering):
            self.position = 0
        self.position = self.__dict__.get("position", 0)
        return self
        """,
    ("DataLoader.__iter__", "never shuffles"): """
        if self.shuffle:
            np.random.permutation(len(self.dataset))
            self.ordering = self._split(np.arange(len(self.dataset)))
        self.position = 0
        return self
        """,
    ("DataLoader.__iter__", "shuffles once"): """
        if self.shuffle and not hasattr(self, "ordering"):
            self.ordering = self._split(np.random.permutation(len(self.dataset)))
        self.position = 0
        return self
        """,
    ("DataLoader.__iter__", "always shuffles"): """
        self.ordering = self._split(np.random.permutation(len(self.dataset)))
        self.position = 0
        return self
        """,
    ("DataLoader.__iter__", "draws in any case"): """
        order = np.random.permutation(len(self.dataset))
        if self.shuffle:
            self.ordering = self._split(order)
        self.position = 0
        return self
        """,
    ("DataLoader.__iter__", "shuffles batches"): """
        if self.shuffle:
            batches = self._split(np.arange(len(self.dataset)))
            self.ordering = [batches[i] for i in np.random.permutation(len(batches))]
        self.position = 0
        return self
        """,
    ("DataLoader.__iter__", "shuffles within batches"): """
        if self.shuffle:
            batches = self._split(np.arange(len(self.dataset)))
            self.ordering = [np.random.permutation(batch) for batch in batches]
        self.position = 0
        return self
        """,
    ("DataLoader.__iter__", "shuffles what was shuffled"): """
        if self.shuffle:
            self.order = getattr(self, "order", np.arange(len(self.dataset)))
            np.random.shuffle(self.order)
            self.ordering = self._split(self.order.copy())
        self.position = 0
        return self
        """,
    ("DataLoader.__iter__", "draws with repetition"): """
        if self.shuffle:
            n = len(self.dataset)
            self.ordering = self._split(np.random.randint(0, n, n))
        self.position = 0
        return self
        """,
    ("DataLoader.__iter__", "another iterator"): """
        if self.shuffle:
            self.ordering = self._split(np.random.permutation(len(self.dataset)))
        fields = (self.dataset[numbers] for numbers in self.ordering)
        return iter([tuple(Tensor(each) for each in batch) for batch in fields])
        """,
    ("DataLoader.__next__", "without a short batch"): """
        if self.position >= len(self.ordering) or (
            len(self.ordering[self.position]) < self.batch_size
        ):
            raise StopIteration
        fields = self.dataset[self.ordering[self.position]]
        self.position += 1
        return tuple(Tensor(field) for field in fields)
        """,
    ("DataLoader.__next__", "without the last batch"): """
        if self.position >= len(self.ordering) - 1:
            raise StopIteration
        fields = self.dataset[self.ordering[self.position]]
        self.position += 1
        return tuple(Tensor(field) for field in fields)
        """,
    ("DataLoader.__next__", "without the first batch"): """
        self.position += 1
        if self.position >= len(self.ordering):
            raise StopIteration
        return tuple(Tensor(field) for field in self.dataset[self.ordering[self.position]])
        """,
    ("DataLoader.__next__", "starts over at the end"): """
        if self.position >= len(self.ordering):
            self.position = 0
            raise StopIteration
        fields = self.dataset[self.ordering[self.position]]
        self.position += 1
        return tuple(Tensor(field) for field in fields)
        """,
    ("DataLoader.__next__", "arrays"): _NEXT.format(rest="return tuple(fields)"),
    ("DataLoader.__next__", "first field only"): _NEXT.format(rest="return (Tensor(fields[0]),)"),
    ("DataLoader.__next__", "two fields"): _NEXT.format(
        rest="return Tensor(fields[0]), Tensor(fields[1])"
    ),
    ("DataLoader.__next__", "one field without a tuple"): _NEXT.format(
        rest="return Tensor(fields[0]) if len(fields) == 1 else tuple(map(Tensor, fields))"
    ),
    ("DataLoader.__next__", "fields of two axes"): _NEXT.format(
        rest="return tuple(Tensor(field.reshape(len(field), -1)) for field in fields)"
    ),
    ("DataLoader.__next__", "no axis for a single sample"): _NEXT.format(
        rest="return tuple(Tensor(field[0] if len(field) == 1 else field) for field in fields)"
    ),
    ("DataLoader.__next__", "integers"): _NEXT.format(
        rest="return tuple(Tensor(field.astype(int)) for field in fields)"
    ),
}
