"""Single neurons worked out by hand, input codings, and every way to ask for something impossible."""

from __future__ import annotations

import numpy as np
import pytest

from mapper.errors import InputError
from mapper.io.npzfile import save_npz
from mapper.io.spikes import with_spike_counts, write_spike_counts
from mapper.model.network import Population, SpikingNetwork
from mapper.model.neurons import NeuronModel
from mapper.simulate import run
from mapper.simulate.coding import DirectCoding, PoissonCoding, RasterCoding
from mapper.simulate.params import SimulationParams, native_step_s
from mapper.simulate.profile import profile_network, read_frames
from mapper.simulate.run import simulate


def model(kind, **values):
    return NeuronModel(kind, {key: np.full(1, float(value)) for key, value in values.items()})


def chain(*models, weights=None, delays=None, inputs=1):
    """Inputs, all on the first neuron, then one neuron after another."""
    n = inputs + len(models)
    populations = [Population("input", 0, inputs)]
    populations += [Population(f"p{i}", inputs + i, inputs + i + 1, neuron=m) for i, m in enumerate(models)]
    pre = [*range(inputs), *range(inputs, n - 1)]
    post = [*[inputs] * inputs, *range(inputs + 1, n)]
    if not models:
        pre, post = [], []
    return SpikingNetwork.from_edges(
        "chain",
        n,
        pre,
        post,
        is_input=np.arange(n) < inputs,
        weights=weights,
        delays=delays,
        populations=tuple(populations),
    )


IF = model("IF", r=1, v_threshold=1, v_reset=0)
LIF = model("LIF", tau=2e-3, r=2, v_leak=0, v_threshold=1, v_reset=0)


def spikes(network, raster, **options):
    """Counts of the last neuron after 1, 2, ... steps: shows in which steps it spiked."""
    raster = np.asarray(raster)
    return [
        int(simulate(network, raster[None, :t], coding=RasterCoding(), **options).spike_counts[-1])
        for t in range(1, len(raster) + 1)
    ]


def test_threshold_is_strict():
    ones = np.ones((4, 1), int)
    assert spikes(chain(IF), ones) == [0, 1, 1, 2]  # v = 1, 2 (spike, 0), 1, 2
    assert spikes(chain(IF), ones, reset="subtract") == [0, 1, 2, 3]  # v = 1, 2 -> 1, 2 -> 1, 2


def test_delayed_subtraction_does_not_leak():
    # Half leaks per step: v = 0.5 v + 1.5.
    # At the spike: 1.5 -> 0.5, 1.75 -> 0.75, 1.875: always. Delayed: 1.5, then 0.75 + 1.5 - 1 = 1.25, then 1.125,
    # 1.0625: always. With an input of 1.25: 1.25 -> 0.25, 1.375: always; delayed 1.25, 0.875 (none), 1.6875.
    raster = np.ones((3, 1), int)
    net = chain(LIF, weights=[1.25])
    assert spikes(net, raster, reset="subtract", reset_delay=False, step_s=1e-3) == [1, 2, 3]
    assert spikes(net, raster, reset="subtract", reset_delay=True, step_s=1e-3) == [1, 1, 2]


def test_refractory_steps_ignore_input():
    ones = np.full((6, 1), 2)
    assert spikes(chain(IF), ones) == [1, 2, 3, 4, 5, 6]
    assert spikes(chain(IF), ones, refractory_steps=2) == [1, 1, 1, 2, 2, 2]


def test_without_delays_a_spike_runs_forward_within_the_step_and_with_delays_later():
    strong = model("IF", r=5, v_threshold=1, v_reset=0)
    raster = np.array([[1], [0], [0], [0]])
    assert spikes(chain(strong, strong), raster) == [1, 1, 1, 1]
    assert spikes(chain(strong, strong, delays=[0, 0]), raster) == [1, 1, 1, 1]
    assert spikes(chain(strong, strong, delays=[1, 0]), raster) == [0, 1, 1, 1]
    assert spikes(chain(strong, strong, delays=[1, 2]), raster) == [0, 0, 0, 1]


def test_bias_and_leak_drive_a_neuron_without_input():
    biased = NeuronModel(
        "IF", {"r": np.ones(1), "v_threshold": np.ones(1), "v_reset": np.zeros(1), "bias": np.full(1, 0.6)}
    )
    assert spikes(chain(biased), np.zeros((4, 1), int)) == [0, 1, 1, 2]
    leak = model("LIF", tau=2e-3, r=1, v_leak=1.5, v_threshold=1, v_reset=-1)
    # v = 0.75, 1.125 spikes -> -1, 0.25, 0.875, 1.1875 spikes
    assert spikes(chain(leak), np.zeros((5, 1), int), step_s=1e-3) == [0, 1, 1, 1, 2]


def test_poisson_windows_draw_independently_and_a_long_window_in_pieces(monkeypatch):
    frames = np.array([[0.2, 0.7, 0.0], [0.5, 1.0, 0.1]])
    net = chain(inputs=3)
    both = simulate(net, frames, steps=50, seed=4).spike_counts
    expected = sum((np.random.default_rng([4, w]).random((50, 3)) < frames[w]).sum(0) for w in range(2))
    assert both.tolist() == expected.tolist()
    monkeypatch.setattr(run, "_CHUNK", 10)
    assert simulate(net, frames, steps=50, seed=4).spike_counts.tolist() == expected.tolist()
    assert simulate(net, frames, steps=50, seed=5).spike_counts.tolist() != expected.tolist()


def test_pieces_keep_the_state(monkeypatch):
    raster = np.ones((1, 7, 1), int)
    net = chain(LIF, LIF, delays=[2, 3])
    whole = simulate(net, raster, coding=RasterCoding(), step_s=1e-3, refractory_steps=1, reset="subtract")
    monkeypatch.setattr(run, "_CHUNK", 1)
    pieces = simulate(net, raster, coding=RasterCoding(), step_s=1e-3, refractory_steps=1, reset="subtract")
    assert whole.spike_counts.tolist() == pieces.spike_counts.tolist()
    assert whole.spike_counts[1] > 0


def test_direct_coding_is_a_constant_current():
    profile = simulate(chain(IF, inputs=2, weights=[1, 2]), [[0.25, 0.0]], steps=10, coding=DirectCoding())
    assert profile.spike_counts.tolist() == [10, 0, 2]  # one spike every five steps of 0.25
    assert profile.conventions["coding"] == "direct"


def test_frames_may_have_the_shape_of_the_layer_and_progress_is_told():
    net = SpikingNetwork.from_edges("grid", 4, [], [], is_input=[True] * 4)
    told = []
    profile = simulate(net, np.ones((2, 2, 2)), steps=3, progress=lambda done, total: told.append((done, total)))
    assert profile.spike_counts.tolist() == [6] * 4
    assert told == [(1, 2), (2, 2)]
    assert (profile.steps, profile.windows) == (3, 2)


def test_profile_goes_through_a_file(tmp_path):
    frames = np.array([[255, 128], [0, 255]], np.uint8)
    save_npz(tmp_path / "f.npz", {"labels": np.arange(2), "frames": frames})
    net = chain(IF, inputs=2)
    profile = profile_network(net, tmp_path / "f.npz", SimulationParams(steps=40, seed=2))
    by_hand = simulate(net, frames / 255, steps=40, seed=2)
    assert profile.spike_counts.tolist() == by_hand.spike_counts.tolist()
    assert profile.spike_counts[0] == 40
    write_spike_counts(profile.on(net), tmp_path / "c.npz", profile.conventions)
    again = with_spike_counts(net, tmp_path / "c.npz")
    assert again.spike_counts.tolist() == profile.spike_counts.tolist()
    assert (again.steps, again.windows) == (40, 2)


def test_profile_limits_the_windows_and_reads_a_raster(tmp_path):
    np.save(tmp_path / "r.npy", np.array([[[1, 0], [3, 0]], [[1, 1], [0, 0]]], np.uint8))
    profile = profile_network(chain(inputs=2), tmp_path / "r.npy", coding="raster", windows=1)
    assert profile.spike_counts.tolist() == [4, 0]
    assert (profile.steps, profile.windows) == (2, 1)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"steps": 0}, "steps"),
        ({"seed": -1}, "seed"),
        ({"reset": "none"}, "reset"),
        ({"step_s": 0.0}, "step_s"),
        ({"step_s": float("nan")}, "step_s"),
        ({"refractory_steps": -1}, "refractory_steps"),
    ],
)
def test_parameters_are_checked(options, word):
    with pytest.raises(ValueError, match=word):
        SimulationParams(**options)


@pytest.mark.parametrize(
    ("frames", "coding", "word"),
    [
        ([[0.5, 1.5]], PoissonCoding(), "1.5"),
        ([[np.nan, 0.5]], PoissonCoding(), "nan"),
        ([[-0.1, 0.5]], DirectCoding(), "-0.1"),
        ([[0.5, 0.5, 0.5]], PoissonCoding(), r"shape \(1, 3\)"),
        ([0.5, 0.5], PoissonCoding(), "shape"),
        (np.zeros((0, 2)), PoissonCoding(), "one or more windows"),
        ([["a", "b"]], PoissonCoding(), "numbers"),
        ([[[0.5, 0.0]]], RasterCoding(), "integers"),
        ([[[-1, 0]]], RasterCoding(), "integers"),
        ([[1, 0]], RasterCoding(), "steps"),
        (np.zeros((1, 0, 2)), RasterCoding(), "one or more steps"),
    ],
)
def test_frames_are_checked(frames, coding, word):
    with pytest.raises(InputError, match=word):
        simulate(chain(inputs=2), frames, coding=coding)


def test_steps_that_contradict_the_raster():
    with pytest.raises(InputError, match="5 steps"):
        simulate(chain(), np.zeros((1, 4, 1)), steps=5, coding=RasterCoding())


def test_networks_that_cannot_be_simulated():
    unknown = SpikingNetwork.from_edges("edges", 2, [0], [1], is_input=[True, False])
    with pytest.raises(InputError, match="a mix"):
        simulate(unknown, [[1.0]])
    populations = (Population("in", 0, 1), Population("out", 1, 2))
    unknown = SpikingNetwork.from_edges("edges", 2, [0], [1], is_input=[True, False], populations=populations)
    with pytest.raises(InputError, match=r"'out'.*neuron model"):
        simulate(unknown, [[1.0]])
    with pytest.raises(InputError, match=r"'p0'.*tau of at least one step"):
        simulate(chain(LIF), [[1.0]], step_s=3e-3)
    loop = SpikingNetwork.from_edges("loop", 1, [0], [0], delays=[0], populations=(Population("a", 0, 1, neuron=IF),))
    with pytest.raises(InputError, match=r"0 -> 0.*delay"):
        simulate(loop, np.zeros((1, 2, 0)), coding=RasterCoding())


def test_native_step_needs_agreement():
    assert native_step_s(chain(LIF)) == 1e-3
    assert native_step_s(chain(IF)) == 1e-4
    assert native_step_s(chain(LIF, model("LI", tau=1e-2, r=2, v_leak=0))) == 1e-4
    assert native_step_s(chain(model("LIF", tau=1e-2, r=1, v_leak=0, v_threshold=1, v_reset=0))) == 1e-4


def test_frame_files_are_checked(tmp_path):
    with pytest.raises(InputError, match=r"none\.npz"):
        read_frames(tmp_path / "none.npz")
    (tmp_path / "bad.npz").write_bytes(b"not a zip")
    with pytest.raises(InputError, match=r"bad\.npz"):
        read_frames(tmp_path / "bad.npz")
    save_npz(tmp_path / "two.npz", {"a": np.zeros(1), "b": np.zeros(1)})
    with pytest.raises(InputError, match="rename the array"):
        read_frames(tmp_path / "two.npz")
    np.save(tmp_path / "wide.npy", np.zeros((1, 5)))
    with pytest.raises(InputError, match=r"wide\.npy.*1 inputs"):
        profile_network(chain(), tmp_path / "wide.npy")
    with pytest.raises(InputError, match=r"coding.*poisson"):
        profile_network(chain(), tmp_path / "wide.npy", coding="rate")
    with pytest.raises(InputError, match="windows"):
        profile_network(chain(), tmp_path / "wide.npy", windows=0)
