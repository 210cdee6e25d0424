"""Feed-forward spiking classifiers trained with surrogate gradients in snnTorch."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from training.data import Split, extra
from training.nirfile import lif, write_graph

__all__ = ["LENET", "MLP", "Plan", "train"]

BETA = 0.9


@dataclass(frozen=True)
class Plan:
    """A network to train: its input shape, and layers as (node name, kind, sizes).

    Kinds: ``conv`` (in, out, kernel, padding), ``pool`` (kernel), ``flatten`` (), ``linear`` (in, out), ``lif`` shape.
    """

    name: str
    input_shape: tuple[int, int, int]
    layers: tuple[tuple[str, str, tuple[int, ...]], ...]
    step_s: float
    epochs: int
    gain: float = 1.0


def MLP(name: str, side: int, epochs: int) -> Plan:  # noqa: N802 - reads beside LENET
    """side² inputs, 100 hidden neurons, 10 classes."""
    pixels = side * side
    layers = (
        ("0_flatten", "flatten", ()),
        ("1_linear", "linear", (pixels, 100)),
        ("2_leaky", "lif", (100,)),
        ("3_linear", "linear", (100, 10)),
        ("4_leaky", "lif", (10,)),
    )
    return Plan(name, (1, side, side), layers, 1e-3, epochs)


#: LeNet-5 (LeCun et al., Proc. IEEE 86, 1998) on 16 x 16 pixels: the fully connected end sees 16 maps of 2 x 2.
LENET = Plan(
    "lenet_digits",
    (1, 16, 16),
    (
        ("conv1", "conv", (1, 6, 5, 2)),
        ("lif1", "lif", (6, 16, 16)),
        ("pool1", "pool", (2,)),
        ("conv2", "conv", (6, 16, 5, 0)),
        ("lif2", "lif", (16, 4, 4)),
        ("pool2", "pool", (2,)),
        ("flatten", "flatten", ()),
        ("fc1", "linear", (64, 120)),
        ("lif3", "lif", (120,)),
        ("fc2", "linear", (120, 84)),
        ("lif4", "lif", (84,)),
        ("fc3", "linear", (84, 10)),
        ("lif5", "lif", (10,)),
    ),
    1e-4,
    epochs=30,
    gain=2.0,
)


def train(plan: Plan, data: Split, path: Path, seed: int) -> float:
    """Train, write the NIR file, and return the accuracy on the test images.

    Poisson input anew in every pass, 25 steps; cross-entropy of the output spike counts; Adam. The same seed, library
    versions and processor give the same file.
    """
    torch = extra("torch", "torch")
    extra("snntorch", "snntorch")
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    modules = _modules(plan)
    x = torch.tensor(data.train_x).reshape(-1, *plan.input_shape)
    y = torch.tensor(data.train_y)
    optimiser = torch.optim.Adam([p for m in modules for p in m.parameters()], lr=2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, plan.epochs)
    for epoch in range(plan.epochs):
        total = 0.0
        for batch in torch.randperm(len(x)).split(64):
            counts = _forward(modules, x[batch], steps=25)
            loss = torch.nn.functional.cross_entropy(counts, y[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        schedule.step()
        print(f"{plan.name}: epoch {epoch + 1}/{plan.epochs}, loss {total / len(x):.4f}", flush=True)
    test = torch.tensor(data.test_x).reshape(-1, *plan.input_shape)
    with torch.no_grad():
        guessed = _forward(modules, test, steps=100).argmax(1).numpy()
    accuracy = float(np.mean(guessed == data.test_y))
    _export(plan, modules, path, accuracy, seed)
    return accuracy


def _modules(plan: Plan) -> list[Any]:
    nn, snn = extra("torch", "torch").nn, extra("snntorch", "snntorch")
    made = {
        "conv": lambda i, o, k, pad: nn.Conv2d(i, o, k, padding=pad, bias=False),
        "pool": lambda k: nn.AvgPool2d(k),
        "flatten": lambda: nn.Flatten(),
        "linear": lambda i, o: nn.Linear(i, o, bias=False),
        "lif": lambda *_: snn.Leaky(BETA, reset_mechanism="zero", spike_grad=snn.surrogate.atan()),
    }
    modules = [made[kind](*sizes) for _, kind, sizes in plan.layers]
    for module in modules:
        if hasattr(module, "weight"):
            module.weight.data *= plan.gain
    return modules


def _forward(modules: list[Any], images: Any, steps: int) -> Any:
    """Output spikes summed over the steps, shape (images, classes)."""
    torch = extra("torch", "torch")
    states: dict[int, Any] = {}
    total = 0.0
    for _ in range(steps):
        z = (torch.rand_like(images) < images).float()
        for index, module in enumerate(modules):
            if hasattr(module, "beta"):
                z, states[index] = module(z, states[index] if index in states else torch.zeros_like(z))
            else:
                z = module(z)
        total = total + z
    return total


def _export(plan: Plan, modules: list[Any], path: Path, accuracy: float, seed: int) -> None:
    import nir

    pair = np.array
    shape = plan.input_shape
    nodes: dict[str, Any] = {"input": nir.Input(input_type={"input": pair(shape)})}
    for (name, kind, sizes), module in zip(plan.layers, modules, strict=True):
        weight = module.weight.detach().numpy() if hasattr(module, "weight") else None
        if kind == "conv":
            nodes[name] = nir.Conv2d(shape[1:], weight, 1, sizes[3], 1, 1, np.zeros(sizes[1], np.float32))
            shape = (sizes[1], *(s + 2 * sizes[3] - sizes[2] + 1 for s in shape[1:]))  # type: ignore[assignment]
        elif kind == "pool":
            nodes[name] = nir.AvgPool2d(pair([sizes[0]] * 2), pair([sizes[0]] * 2), pair([0, 0]))
            shape = (shape[0], shape[1] // sizes[0], shape[2] // sizes[0])
        elif kind == "flatten":
            nodes[name] = nir.Flatten(input_type={"input": pair(shape)}, start_dim=0, end_dim=-1)
        elif kind == "linear":
            nodes[name] = nir.Linear(weight)
        else:
            nodes[name] = lif(sizes, BETA, plan.step_s)
    nodes["output"] = nir.Output(output_type={"output": pair(plan.layers[-1][2])})
    names = list(nodes)
    metadata = {"data": plan.name.split("_")[1], "test_acc": accuracy, "dt": plan.step_s, "seed": seed}
    write_graph(path, nodes, list(pairwise(names)), metadata)
