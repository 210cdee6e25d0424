"""Edge lists: what is written comes back, what is wrong is named."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapper.errors import InputError
from mapper.io.edges import read_edges

# Weights that text and float32 both hold exactly.
WEIGHT = st.integers(-64, 64).map(lambda i: i / 8)
SYNAPSE = st.tuples(st.integers(0, 30), st.integers(0, 30), WEIGHT, st.integers(0, 9))
SYNAPSES = st.lists(SYNAPSE, min_size=1, max_size=60)


def bag(network):
    """The network's synapses as a multiset of rows."""
    columns = [network.sources(), network.targets]
    columns += [c for c in (network.weights, network.delays) if c is not None]
    return Counter(zip(*(c.tolist() for c in columns), strict=True))


def fails(path, *parts, **options):
    with pytest.raises(InputError) as caught:
        read_edges(path, **options)
    for part in parts:
        assert part in str(caught.value)


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@given(
    SYNAPSES,
    st.integers(2, 4),
    st.sampled_from([",", "\t", ";", " "]),
    st.booleans(),
    st.sampled_from(["\n", "\r\n"]),
)
def test_text_round_trip(tmp_path_factory, synapses, width, mark, header, end):
    rows = [row[:width] for row in synapses]
    names = [("pre", "post", "weight", "delay")[:width]] if header else []
    text = end.join(mark.join(map(str, row)) for row in [*names, *rows]) + end
    network = read_edges(put(tmp_path_factory.mktemp("edges"), "net.csv", text))
    assert bag(network) == Counter(rows)
    assert network.size == 1 + max(max(row[:2]) for row in rows)
    assert not network.is_input.any()


@given(SYNAPSES, st.sampled_from([("pre", "post"), ("src", "dst"), ("source", "target")]), st.data())
def test_archive_round_trip(tmp_path_factory, synapses, ends, draw):
    columns = [np.array(column) for column in zip(*synapses, strict=True)]
    size = 1 + int(max(columns[0].max(), columns[1].max())) + draw.draw(st.integers(0, 3))
    counts = np.arange(size) % 5
    arrays = {ends[0]: columns[0].astype(np.int32), ends[1]: columns[1].astype(np.uint16)}
    arrays |= {"weights": columns[2], "delays": columns[3], "spikes_40": counts}
    path = tmp_path_factory.mktemp("edges") / "net.npz"
    np.savez(path, **arrays)
    network = read_edges(path)
    assert bag(network) == Counter(synapses)
    assert (network.size, network.steps, network.windows) == (size, 40, 1)
    assert network.spike_counts.tolist() == counts.tolist()


@given(st.lists(st.tuples(*[st.sampled_from(["n", "AVAL", "x y", "é", '"', "7a", "0"])] * 2), min_size=1, max_size=20))
def test_labels_are_numbered_as_they_appear(tmp_path_factory, pairs):
    import csv

    path = tmp_path_factory.mktemp("edges") / "net.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("pre", "post"), ("first", "second"), *pairs])
    order = []
    for label in (label for pair in [("first", "second"), *pairs] for label in pair):
        if label not in order:
            order.append(label)
    expected = Counter((order.index(a), order.index(b)) for a, b in [("first", "second"), *pairs])
    assert bag(read_edges(path)) == expected


def test_header_names_columns_in_any_order_and_others_are_ignored(tmp_path):
    text = "# a comment\n\nkind\tTarget\tdelay\tSource\nx\t1\t3\t0\n\nx\t2\t4\t1\n"
    network = read_edges(put(tmp_path, "net.tsv", text))
    assert bag(network) == {(0, 1, 3): 1, (1, 2, 4): 1}
    assert network.weights is None


def test_which_neurons_are_inputs(tmp_path):
    # 0 sends only; 1 has a self-loop; 3 is in no synapse; 4 receives only
    path = put(tmp_path, "net.csv", "0,1\n1,1\n2,4\n1,4\n")
    assert read_edges(path).input_count == 0
    assert np.flatnonzero(read_edges(path, inputs="sources").is_input).tolist() == [0, 2]
    assert np.flatnonzero(read_edges(path, inputs=[2]).is_input).tolist() == [2]
    named = put(tmp_path, "named.csv", "pre,post\na,b\nc,b\n")
    assert np.flatnonzero(read_edges(named, inputs=["c"]).is_input).tolist() == [2]
    fails(path, "'all'", inputs="all")
    fails(path, "neurons 0..4", "9", inputs=[9])
    fails(path, "inputs that receive no synapse", inputs=[1])
    fails(named, "labels", "'d'", inputs=["d"])


def test_archive_inputs_groups_and_times(tmp_path):
    path = tmp_path / "net.npz"
    arrays = {"pre": [0, 1], "post": [2, 2], "is_input": [True, True, False, False], "group_offsets": [0, 2]}
    np.savez(path, **arrays, counts=[1, 2, 3, 0], steps=7, windows=3)
    network = read_edges(path)
    assert network.is_input.tolist() == arrays["is_input"]
    assert [(p.name, p.start, p.stop) for p in network.populations] == [("group0", 0, 2), ("group1", 2, 4)]
    assert (network.steps, network.windows, network.spike_counts.sum()) == (7, 3, 6)


def test_spikes_from_another_file(tmp_path):
    edges = put(tmp_path, "net.csv", "pre,post\na,b\nb,c\n")
    spikes = put(tmp_path, "spikes.csv", "neuron,count\nc,5\na,2\n")
    assert read_edges(edges, spikes=spikes).spike_counts.tolist() == [2, 0, 5]
    unknown = put(tmp_path, "unknown.csv", "neuron,count\nz,5\n")
    fails(edges, "unknown.csv", "'z'", spikes=unknown)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("pre,post\n0,1\n0,x\n", ["line 3", "post", "'x'"]),
        ("0,1\n0\n", ["line 2", "2 fields", "1"]),
        ("0,1\n0,1,2\n", ["line 2", "2 fields", "3"]),
        ("0,1,0.5,2.5\n", ["line 1", "delay", "whole number", "2.5"]),
        ("pre,post,delay\n0,1,1\n\n# note\n1,2,1.0\n", ["line 5", "delay", "1.0"]),
        ("0,1,heavy\n", ["line 1", "weight", "heavy"]),
        ("0,1,1\n0,1,nan\n", ["line 2", "weight", "finite"]),
        ("a,b,1\nc,d,1e99\n", ["line 2", "weight", "finite"]),
        ("a,b\nc,\n", ["line 2", "post", "label"]),
        ("a,b\nc\n", ["line 2", "2 fields"]),
        ("0,1\n2,-1\n", ["neuron ids from 0", "-1", "synapse 2"]),
        ("pre,weight\n0,1\n", ["line 1", "no 'post'"]),
        ("0,1,2,3,4\n", ["line 1", "5 fields", "header"]),
        ("0,4000000000\n", ["4000000000", "without gaps"]),
        ("0,99999999999999999999\na,b\n", ["line 1", "post", "whole number"]),
        ("1.5,2\n", ["line 1", "pre", "whole number", "1.5"]),
        ("pre,post\n", ["at least one synapse"]),
        ("", ["at least one synapse"]),
    ],
)
def test_bad_text_is_named(tmp_path, text, parts):
    fails(put(tmp_path, "net.csv", text), "net.csv", *parts)


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"post": None}, ["post", "dst"]),
        ({"src": [0, 1]}, ["one key", "src"]),
        ({"pre": [0.0, 1.0]}, ["'pre'", "float64"]),
        ({"pre": [[0, 1]]}, ["'pre'", "(1, 2)"]),
        ({"post": [1]}, ["post", "2 values", "1"]),
        ({"delay": [0.5, 1]}, ["'delay'", "integers"]),
        ({"delay": [-1, 1]}, ["delays", ">= 0"]),
        ({"pre": [0, -1]}, ["pre", "-1", "synapse 2"]),
        ({"weight": ["a", "b"]}, ["'weight'", "numbers"]),
        ({"spikes": [1, 2]}, ["'spikes'", "at least 3"]),
        ({"spikes": [1, 2, -3]}, ["'spikes'", "-3", "position 2"]),
        ({"spikes": [1, 2, 3], "neurons": 4}, ["one number of neurons"]),
        ({"spikes": [1, 2, 3], "counts": [1, 2, 3]}, ["one array of spike counts"]),
        ({"spikes_5": [1, 2, 3], "steps": 6}, ["spikes_5", "6"]),
        ({"is_input": [0.5, 0, 0]}, ["'is_input'"]),
        ({"is_input": [False, True, False]}, ["receive no synapse"]),
        ({"group_offsets": [0, 9]}, ["'group_offsets'"]),
        ({"group_offsets": [1, 3]}, ["'group_offsets'"]),
        ({"neurons": 0}, ["'neurons'"]),
    ],
)
def test_bad_archives_are_named(tmp_path, change, parts):
    arrays = {"pre": [0, 1], "post": [1, 2]} | change
    np.savez(tmp_path / "net.npz", **{key: values for key, values in arrays.items() if values is not None})
    fails(tmp_path / "net.npz", "net.npz", *parts)


def test_pickled_objects_are_refused(tmp_path):
    np.savez(tmp_path / "net.npz", pre=np.array([{}], dtype=object), post=[0])
    fails(tmp_path / "net.npz", "net.npz", "plain arrays")


TEXT = st.text(alphabet='01289,;\t\n "#ab.-+e\x00é', max_size=40)


@given(st.one_of(TEXT.map(str.encode), st.binary(max_size=60)), st.sampled_from([".csv", ".tsv", ".npz"]))
def test_any_bytes_give_a_network_or_an_input_error(tmp_path_factory, content, suffix):
    path = put(tmp_path_factory.mktemp("fuzz"), f"net{suffix}", content)
    try:
        network = read_edges(path)
    except InputError as error:
        assert str(path) in str(error)
    else:
        assert network.synapse_count >= 1


@given(st.data())
def test_a_damaged_archive_gives_an_input_error(tmp_path_factory, draw):
    path = tmp_path_factory.mktemp("fuzz") / "net.npz"
    np.savez_compressed(path, pre=np.arange(50), post=np.arange(50)[::-1].copy(), spikes=np.arange(50))
    content = bytearray(path.read_bytes())
    for _ in range(draw.draw(st.integers(1, 4))):
        content[draw.draw(st.integers(0, len(content) - 1))] = draw.draw(st.integers(0, 255))
    path.write_bytes(content[: draw.draw(st.integers(0, len(content)))])
    try:
        read_edges(path)
    except InputError as error:
        assert str(path) in str(error)


def test_missing_file_and_folder(tmp_path):
    fails(tmp_path / "none.csv", "none.csv", "nothing there")
    fails(tmp_path, "a folder")


def test_a_million_lines_take_seconds(tmp_path):
    rng = np.random.default_rng(1)
    pre, post = rng.integers(0, 10_000, (2, 1_000_000))
    path = put(tmp_path, "net.csv", "pre,post\n" + "\n".join(map("%d,%d".__mod__, zip(pre, post, strict=True))))
    start = time.perf_counter()
    network = read_edges(path)
    assert time.perf_counter() - start < 10  # about 0.3 s on one core; a loop per line in Python takes far longer
    assert network.fan_in().tolist() == np.bincount(post, minlength=10_000).tolist()


def test_dvs_gesture(data):
    path = data / "clustering" / "dvs_gesture_edges_spikes.npz"
    network = read_edges(path)
    assert (network.size, network.synapse_count, network.steps) == (18_678, 3_564_441, 100)
    assert network.spike_counts.sum() == 29_181
    assert [p.size for p in network.populations] == [1024, 3600, 5408, 7744, 891, 11]
    with np.load(path) as archive:
        assert np.array_equal(np.sort(archive["src"]), network.sources())
        assert np.array_equal(np.bincount(archive["dst"], minlength=18_678), network.fan_in())


def test_connectome(data):
    path = data / "connectome" / "aconnectome_white_1986_whole.csv"
    lines = [line.split("\t") for line in path.read_text().splitlines()[1:]]
    network = read_edges(path)
    assert network.synapse_count == len(lines) == 2960 + 1
    assert network.size == len({label for line in lines for label in line[:2]})
    busiest = Counter(line[1] for line in lines).most_common(1)[0][1]
    assert network.fan_in().max() == busiest
