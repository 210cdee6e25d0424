"""Platform files: the shipped ones, round trips, inheritance and clear errors."""

from __future__ import annotations

import json

import numpy as np
import pytest
import yaml
from cases import application, platforms
from hypothesis import given
from hypothesis import strategies as st

from mapper.errors import InputError
from mapper.io.platform import platform_from_dict, platform_schema, platform_to_dict, read_platform
from mapper.lower.transfers import route_channels
from mapper.shipped import names, shipped

MINIMAL = {
    "name": "mine",
    "topology": {"kind": "mesh", "columns": 2, "rows": 1},
    "tile_classes": [{"name": "tile", "inputs": 4, "outputs": 4}],
}


def written(tmp_path, content):
    path = tmp_path / "chip.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


def test_shipped_platforms_are_those_promised():
    expected = {"dfsynthesizer-2x2", "dynapse", "dynapse-3x3", "dynapse-4x4", "loihi", "speck", "truenorth"}
    assert expected <= set(names("platforms"))


@pytest.mark.parametrize("name", names("platforms"))
def test_every_shipped_number_has_a_source(name):
    read_platform(name)
    content = yaml.safe_load(shipped("platforms", name).read_text())

    def bare(section, keys):
        return [k for k in keys if isinstance(section.get(k), int) and not isinstance(section.get(k), bool)]

    assert bare(content.get("timing", {}), content.get("timing", {})) == []
    assert bare(content.get("energy", {}), content.get("energy", {})) == []
    for tile_class in content.get("tile_classes", []):
        assert bare(tile_class, ("inputs", "outputs", "synapses")) == []


def test_the_source_methods_link_delays():
    chip = read_platform("dfsynthesizer-2x2")
    app = application([16, 16], [(0, 1)], [99], [0])
    for tile, delay in ((1, 3), (3, 4)):
        assert route_channels(app, np.array([0, tile], np.int32), chip).times_ps.tolist() == [delay]
    assert (chip.timing.base_ps, chip.tiles) == (16, 4)


def test_published_sizes():
    sizes = {
        n: (read_platform(n).tiles, *read_platform(n).limits[0].tolist()) for n in ("loihi", "truenorth", "dynapse")
    }
    assert sizes == {
        "loihi": (128, 4096, 1024, 131072),
        "truenorth": (4096, 256, 256, 65536),
        "dynapse": (4, 128, 128, 16384),
    }


def test_speck_holds_the_memories_of_its_nine_cores(data):
    cores = json.loads((data / "platforms" / "dynapcnn_speck_core_constraints.json").read_text())["cores"]
    limits = read_platform("speck").limits
    assert [row[1] for row in limits.tolist()] == [core["neuron_memory"] for core in cores]
    assert [row[2] for row in limits.tolist()] == [core["kernel_memory"] for core in cores]


@given(platforms())
def test_dictionary_round_trip(platform):
    content = platform_to_dict(platform)
    assert json.loads(json.dumps(content)) == content
    again = platform_from_dict(content)
    assert platform_to_dict(again) == content
    assert (again.limits == platform.limits).all()
    assert again.timing == platform.timing
    assert [again.topology.route(0, q) for q in range(again.tiles)] == [
        platform.topology.route(0, q) for q in range(platform.tiles)
    ]


@pytest.mark.parametrize(
    ("topology", "tiles", "links"),
    [
        ({"kind": "torus", "columns": 3, "rows": 3}, 9, 36),
        ({"kind": "ring", "tiles": 5}, 5, 10),
        ({"kind": "bus", "tiles": 4}, 4, 1),
        ({"kind": "full", "tiles": 4}, 4, 12),
        ({"kind": "links", "tiles": 3, "links": [[0, 1], [1, 2]], "both_ways": True}, 3, 4),
    ],
)
def test_every_topology_can_be_described(topology, tiles, links):
    platform = platform_from_dict({**MINIMAL, "topology": topology})
    assert (platform.tiles, len(platform.topology.links)) == (tiles, links)


def test_extends_takes_over_all_but_what_is_given(tmp_path):
    path = written(tmp_path, {"extends": "loihi", "name": "half", "timing": {"hop_ps": 1}})
    platform, loihi = read_platform(path), read_platform("loihi")
    assert platform.name == "half"
    assert platform.timing.hop_ps == 1
    assert platform.timing.packet_ps == loihi.timing.packet_ps
    child = tmp_path / "child.yaml"
    child.write_text(f"extends: {path.name}\nname: child\n")
    assert read_platform(child).timing.hop_ps == 1, "a neighbour is found beside the file"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({**MINIMAL, "tiles": 4}, "tiles"),
        ({**MINIMAL, "timing": {"hop_ns": 4}}, r"timing\.hop_ns"),
        ({**MINIMAL, "timing": {"hop_ps": -4}}, r"timing\.hop_ps"),
        ({**MINIMAL, "timing": {"hop_ps": 2.5}}, r"timing\.hop_ps"),
        ({**MINIMAL, "timing": {"hop_ps": {"value": 3}}}, r"timing\.hop_ps"),
        ({**MINIMAL, "topology": {"kind": "tree"}}, "topology"),
        ({**MINIMAL, "topology": {"kind": "mesh", "columns": 0, "rows": 1}}, "columns"),
        ({**MINIMAL, "topology": {"kind": "links", "tiles": 3, "links": [[0, 1]]}}, "every tile"),
        ({**MINIMAL, "io_tile": 2}, "io tile"),
        ({**MINIMAL, "broken": [0, 1]}, "broken"),
        ({**MINIMAL, "tile_classes": []}, "tile_classes"),
        ({**MINIMAL, "tile_classes": [{"name": "a", "inputs": 4, "outputs": 4, "tiles": [0]}]}, "no tile class"),
        ({**MINIMAL, "tile_classes": [{"name": "a", "inputs": 4, "outputs": 4, "tiles": [0, 7]}]}, "tile 7"),
        ({**MINIMAL, "extends": "no-such"}, "no-such"),
        ({**MINIMAL, "extends": [1]}, "extends"),
        ([1, 2], "mapping of keys"),
        ("name: [", "YAML"),
        ("{a: &x [*x]}", "name|a"),
    ],
)
def test_bad_files_are_refused_by_name_of_key(tmp_path, content, message):
    with pytest.raises(InputError, match=message) as caught:
        read_platform(written(tmp_path, content))
    assert caught.value.expected


def test_a_circle_of_extends_is_refused(tmp_path):
    (tmp_path / "a.yaml").write_text("extends: b.yaml\n")
    (tmp_path / "b.yaml").write_text("extends: a.yaml\n")
    with pytest.raises(InputError, match="circle"):
        read_platform(tmp_path / "a.yaml")


def test_an_unknown_name_lists_the_shipped_ones():
    with pytest.raises(InputError, match="dynapse-3x3"):
        read_platform("dynaps")


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("fuzz") / "chip.yaml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(InputError):
        read_platform(path)


def test_the_schema_accepts_the_shipped_files_and_refuses_bad_keys():
    schema = platform_schema()
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert {"topology", "tile_classes", "timing", "energy"} <= set(schema["properties"])
    assert schema["additionalProperties"] is False
    assert "hop_ps" in schema["$defs"]["TimingSpec"]["properties"]
