"""`mapper profile`."""

from __future__ import annotations

import time
from typing import Any

import click

from mapper.cli.common import Output, choice_option, command_options, network_options, open_network
from mapper.cli.mapping import writable
from mapper.errors import InputError
from mapper.progress import Event

__all__ = ["command"]


@click.command("profile")
@click.argument("network", metavar="NET")
@click.option("--input", "frames", required=True, metavar="FRAMES.npz", help="Frames or recorded spikes (.npz, .npy).")
@click.option("--steps", type=click.IntRange(min=1), help="Steps per window  [default: the raster's, else 100]")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Seed of the input coding.")
@choice_option(
    "--coding",
    choices=("poisson", "direct", "raster"),
    help="How frames become input spikes.",
)
@choice_option(
    "--reset",
    choices=("zero", "subtract"),
    help="What a spike does to the potential.",
)
@click.option("--immediate-reset", is_flag=True, help="Subtract at the spike, not in the next step as snnTorch does.")
@click.option("--step-s", type=float, help="Length of a step in seconds  [default: read off the neurons' parameters]")
@click.option("--refractory", type=click.IntRange(min=0), default=0, show_default=True, help="Refractory steps.")
@click.option("--windows", type=click.IntRange(min=1), help="Use only the first so many frames.")
@click.option("-o", "--output", "path", required=True, metavar="COUNTS.npz", help="Where the counts go.")
@network_options
@command_options
def command(
    network: str,
    frames: str,
    steps: int | None,
    seed: int,
    coding: str,
    reset: str,
    immediate_reset: bool,
    step_s: float | None,
    refractory: int,
    windows: int | None,
    path: str,
    reading: dict[str, Any],
    output: Output,
) -> int:
    """Simulate the network NET on frames and count its spikes.

    \b
    Example:
      mapper profile lenet_digits --input instances/lenet_digits.frames.npz --steps 100 --seed 1 -o counts.npz
    """
    writable(path)
    from mapper.io.spikes import write_spike_counts
    from mapper.report.network import network_summary, network_text
    from mapper.simulate.params import SimulationParams
    from mapper.simulate.profile import profile_network

    try:
        params = SimulationParams(steps, seed, reset, not immediate_reset, step_s, refractory)
    except ValueError as error:
        raise InputError("simulation options", "values in range", str(error)) from error
    net = open_network(network, reading)
    begin = time.perf_counter()
    with output.progress() as progress:

        def watch(done: int, total: int) -> None:
            progress(Event("simulate", f"window {done} of {total}", time.perf_counter() - begin, done / max(total, 1)))

        profile = profile_network(net, frames, params, coding=coding, windows=windows, progress=watch)
    counted = profile.on(net)
    write_spike_counts(counted, path, profile.conventions)
    summary = {**network_summary(counted), "conventions": profile.conventions, "written": path}
    output.show({**summary, "seconds": round(time.perf_counter() - begin, 3)}, network_text(counted))
    output.note(f"The counts are written to {path}")
    return 0
