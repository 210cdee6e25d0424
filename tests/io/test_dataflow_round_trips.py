"""Every format holds every graph: write, read, compare; and what independent readers see in the files."""

import json
import xml.etree.ElementTree as ElementTree

import networkx as nx
import numpy as np
import pytest
from dataflow_support import content, example, graph, graphs
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.errors import InputError
from mapper.io.dataflow import convert, read_dataflow, write_dataflow
from mapper.io.dataflow.nx import from_networkx, to_networkx

SUFFIXES = [".xml", ".json", ".dot"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("graphs")


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".sdf3", ".gv", ".JSON"])
@settings(max_examples=60)
@given(made=graphs())
def test_every_graph_survives_every_format(folder, suffix, made):
    path = folder / f"graph{suffix}"
    write_dataflow(made, path)
    assert content(read_dataflow(path)) == content(made)


@settings(max_examples=60)
@given(made=graphs())
def test_every_graph_survives_networkx(made):
    back = from_networkx(to_networkx(made), made.name)
    assert content(back) == content(made)


@settings(max_examples=30)
@given(made=graphs(), first=st.sampled_from(SUFFIXES), second=st.sampled_from(SUFFIXES))
def test_conversion_keeps_the_graph(folder, made, first, second):
    source, target = folder / f"source{first}", folder / f"target{second}"
    write_dataflow(made, source)
    assert content(convert(source, target)) == content(made)
    assert content(read_dataflow(target)) == content(made)


def test_json_is_the_shared_format(tmp_path):
    write_dataflow(example(), tmp_path / "example.json")
    channel = {"source": "left", "target": "right", "production": 2, "consumption": 3, "initial_tokens": 0}
    written = json.loads((tmp_path / "example.json").read_text())
    assert list(written) == ["name", "actors", "channels"]
    assert written["actors"] == [{"name": "left", "execution_time": 5}, {"name": "right", "execution_time": 0}]
    assert written["channels"][0] == channel


def test_sdf3_seen_by_another_reader(tmp_path):
    """Ports, channels and properties as SDF3 wants them, by ElementTree."""
    write_dataflow(example(), tmp_path / "example.xml")
    root = ElementTree.parse(tmp_path / "example.xml").getroot()
    assert (root.tag, root.get("type"), root.get("version")) == ("sdf3", "sdf", "1.0")
    actors = {a.get("name"): {p.get("name"): p for p in a.iter("port")} for a in root.iter("actor")}
    seen, used = [], set()
    for channel in root.iter("channel"):
        ends = [(channel.get(f"{side}Actor"), channel.get(f"{side}Port")) for side in ("src", "dst")]
        assert not used.intersection(ends)
        used.update(ends)
        ports = [actors[actor][port] for actor, port in ends]
        assert [port.get("type") for port in ports] == ["out", "in"]
        tokens = int(channel.get("initialTokens", "0"))
        seen.append((ends[0][0], ends[1][0], *(int(port.get("rate")) for port in ports), tokens))
    assert seen == [
        ("left", "right", 2, 3, 0),
        ("left", "right", 1, 1, 4),
        ("right", "left", 3, 2, 6),
        ("left", "left", 1, 1, 1),
    ]
    assert len(used) == sum(map(len, actors.values()))
    properties = root.find("applicationGraph/sdfProperties")
    times = {p.get("actor"): p.find("processor[@default='true']/executionTime").get("time") for p in properties}
    assert times == {"left": "5", "right": "0"}


def test_networkx_attributes():
    made = to_networkx(example())
    assert isinstance(made, nx.MultiDiGraph)
    assert made.nodes["left"] == {"execution_time": 5}
    assert made.number_of_edges("left", "right") == 2
    assert made.edges["left", "right", 1] == {"production": 1, "consumption": 1, "initial_tokens": 4}


def test_networkx_graphs_made_by_hand():
    made = nx.DiGraph(name="hand")
    made.add_node(1, execution_time=np.int64(4))
    made.add_node("b", execution_time=2)
    made.add_edge(1, "b", production=3)
    made.add_edge("b", 1, consumption=3, initial_tokens=6)
    read = from_networkx(made)
    assert content(read) == content(graph("hand", {"1": 4, "b": 2}, [(0, 1, 3, 1, 0), (1, 0, 1, 3, 6)]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda g: g.add_node("c"), "'execution_time'"),
        (lambda g: g.add_node("c", execution_time=1.5), "whole number"),
        (lambda g: g.add_node("c", execution_time=True), "whole number"),
        (lambda g: g.add_node("c", execution_time=2**63), "below 2**63"),
        (lambda g: g.add_nodes_from([1, "1"], execution_time=1), "second time"),
        (lambda g: g.add_edge("a", "a", production=0), "at least 1"),
        (lambda g: g.add_edge("a", "a", initial_tokens=-1), "at least 0"),
        (lambda g: g.add_edge("a", "a", consumption=None), "consumption"),
        (lambda g: g.add_node("\ud800", execution_time=1), "Unicode"),
    ],
)
def test_networkx_graphs_that_do_not_fit(change, words):
    made = nx.MultiDiGraph()
    made.add_node("a", execution_time=1)
    change(made)
    with pytest.raises(InputError, match=words.replace("*", r"\*")):
        from_networkx(made)


@pytest.mark.parametrize("what", [nx.Graph(), None, {}, [1]])
def test_what_is_no_directed_graph(what):
    with pytest.raises(InputError, match="DiGraph"):
        from_networkx(what)


@pytest.mark.parametrize("name", ["\0", "\x07", "\ufffe"])
def test_names_that_xml_cannot_hold(tmp_path, name):
    path = tmp_path / "graph.xml"
    with pytest.raises(InputError, match="XML"):
        write_dataflow(graph("g", {name: 1}, []), path)
    assert not path.exists()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_names_that_are_no_text(tmp_path, suffix):
    path = tmp_path / f"graph{suffix}"
    with pytest.raises(InputError, match="Unicode"):
        write_dataflow(graph("g", {"\ud800": 1}, []), path)
    assert not path.exists()


def test_unknown_suffixes_and_folders(tmp_path):
    for path in ("graph", "graph.yaml", tmp_path / "graph.csv", "a\0.txt"):
        with pytest.raises(InputError, match="known dataflow format"):
            read_dataflow(path)
        with pytest.raises(InputError, match="known dataflow format"):
            write_dataflow(example(), path)
    for suffix in SUFFIXES:
        with pytest.raises(InputError, match="nothing there"):
            read_dataflow(tmp_path / f"none{suffix}")
        with pytest.raises(InputError, match=r"expected .* got"):
            read_dataflow(f"a\0{suffix}")
        with pytest.raises(InputError, match="can be written"):
            write_dataflow(example(), tmp_path / "no" / f"graph{suffix}")


def test_conversion_to_an_unknown_format_reads_nothing(tmp_path):
    with pytest.raises(InputError, match=r"suffix '\.yaml'"):
        convert(tmp_path / "none.json", tmp_path / "graph.yaml")


def test_shared_graphs(data, tmp_path):
    """Every public graph, through every format, against what the file says."""
    files = sorted((data / "dataflow").glob("*/*.json"))
    assert len(files) == 175
    for path in files:
        said = json.loads(path.read_text())
        actors = {actor["name"]: actor["execution_time"] for actor in said["actors"]}
        number = {name: i for i, name in enumerate(actors)}
        keys = ("production", "consumption", "initial_tokens")
        rows = [(number[c["source"]], number[c["target"]], *(c[key] for key in keys)) for c in said["channels"]]
        expected = content(graph(said["name"], actors, rows))
        assert content(read_dataflow(path)) == expected
        if len(rows) <= 200:
            for suffix in SUFFIXES:
                convert(path, tmp_path / f"out{suffix}")
                assert content(read_dataflow(tmp_path / f"out{suffix}")) == expected
