"""SpiNeMap's text pair."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapper.errors import InputError
from mapper.io.spinemap import read_spinemap

LINES = st.lists(st.tuples(st.integers(0, 12), st.lists(st.integers(0, 12), max_size=6)), min_size=1, max_size=12)


def text(lines, blank=" ", end="\n"):
    return end.join(blank.join(map(str, [head, *tail])) for head, tail in lines)


def put(folder, content, name="net.txt"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@given(
    LINES,
    st.lists(st.integers(0, 99), max_size=8),
    st.sampled_from([" ", "  ", "\t"]),
    st.sampled_from(["\n", " \r\n", "\n\n"]),
)
def test_round_trip(tmp_path_factory, lines, times, blank, end):
    folder = tmp_path_factory.mktemp("spinemap")
    heads = sorted({head for head, _ in lines})
    spikes = [(head, times[i:]) for i, head in enumerate(heads)]
    network = read_spinemap(put(folder, text(lines, blank, end)), put(folder, text(spikes, blank, end), "spikes.txt"))
    expected = Counter((head, target) for head, tail in lines for target in tail)
    assert Counter(zip(network.sources().tolist(), network.targets.tolist(), strict=True)) == expected
    assert network.size == 1 + max(max([head, *tail]) for head, tail in lines)
    counted = {head: len(tail) for head, tail in spikes}
    assert network.spike_counts.tolist() == [counted.get(i, 0) for i in range(network.size)]
    assert network.steps == 1 + max(times, default=0)


def test_without_spikes_and_with_fractional_times(tmp_path):
    net = put(tmp_path, "0 1 1\n2 0")
    assert read_spinemap(net).spike_counts is None
    assert read_spinemap(net).name == "net"
    network = read_spinemap(net, put(tmp_path, "0 0.5 2.25 1e1\n1 3.\n", "spikes.txt"), name="pair")
    assert (network.name, network.spike_counts.tolist(), network.steps) == ("pair", [3, 1, 0], 11)


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("0 1\n1 x 2\n", ["line 2", "'1 x 2'"]),
        ("0 1\n\n1 -2\n", ["line 3"]),
        ("0 1.5\n", ["line 1"]),
        ("0,1\n", ["line 1"]),
        ("0 1\n0 1234567890123456789\n", ["line 2"]),
        ("0 123456789012\n", ["123456789012", "without gaps"]),
        ("\n \n", ["at least one line"]),
        (b"\x89HDF\r\n", ["line 1"]),
    ],
)
def test_bad_connectivity_is_named(tmp_path, content, parts):
    with pytest.raises(InputError) as caught:
        read_spinemap(put(tmp_path, content))
    assert all(part in str(caught.value) for part in ["net.txt", *parts])


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("0 1\n2 4\n", ["line 2", "0..1", "got 2"]),
        ("0 1\n1 1-2\n", ["line 2"]),
        ("0 1\n1 1e\n", ["line 2"]),
        ("0 1\n1 -1\n", ["line 2"]),
        ("0 1\n\n0.5 1\n", ["line 3"]),
        ("0 1e300\n", ["line 1"]),
        ("0 five\n", ["line 1"]),
    ],
)
def test_bad_spikes_are_named(tmp_path, content, parts):
    with pytest.raises(InputError) as caught:
        read_spinemap(put(tmp_path, "0 1\n"), put(tmp_path, content, "spikes.txt"))
    assert all(part in str(caught.value) for part in ["spikes.txt", *parts])


@given(
    st.one_of(st.text(alphabet="0189 \t\n.eE+-x", max_size=40).map(str.encode), st.binary(max_size=40)), st.booleans()
)
def test_any_bytes_give_a_network_or_an_input_error(tmp_path_factory, content, as_spikes):
    folder = tmp_path_factory.mktemp("fuzz")
    bad = put(folder, content, "bad.txt")
    try:
        network = read_spinemap(put(folder, "0 1\n"), bad) if as_spikes else read_spinemap(bad)
    except InputError as error:
        assert "bad.txt" in str(error)
    else:
        assert network.size >= 1
