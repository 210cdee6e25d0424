"""SDF3's conventions: which processor's time counts, what is passed over, and architectures as platforms."""

import pytest

from mapper.errors import InputError
from mapper.io.dataflow import read_dataflow
from mapper.io.dataflow.architecture import read_architecture
from mapper.model.topology import LinkGraph, Mesh

HEADER = "<sdf3 type='sdf' version='1.0' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>"


def application(folder, processors, kind="sdf", ports="", rate="1"):
    """A file with one actor ``a`` that has a self-loop and these processor elements."""
    path = folder / "graph.xml"
    path.write_text(
        f"""<?xml version="1.0" encoding="UTF-8"?>
        {HEADER}<!-- a comment --><applicationGraph name='outer'><{kind} name='inner' type='x'>
        <actor name='a' type='A'><port name='p' type='in' rate='{rate}'/><port name='q' type='out' rate='1'/>{ports}
        </actor>
        <channel name='loop' srcActor='a' srcPort='q' dstActor='a' dstPort='p' initialTokens='1'/></{kind}>
        <{kind}Properties><actorProperties actor='a'>{processors}</actorProperties>
        <channelProperties channel='loop'><tokenSize sz='3'/></channelProperties>
        <graphProperties><timeConstraints><throughput>0.5</throughput></timeConstraints></graphProperties>
        </{kind}Properties></applicationGraph></sdf3>"""
    )
    return path


def processor(kind, time, default=""):
    return f"<processor type='{kind}' {default}><executionTime time='{time}'/><memory/></processor>"


ARM, DSP = processor("arm", 10, "default='true'"), processor("dsp", 4, "default='true'")
PLAIN = processor("plain", 7)


@pytest.mark.parametrize(
    ("processors", "chosen", "time"),
    [
        (ARM + DSP, None, 4),  # the last default counts
        (DSP + ARM, None, 10),
        (ARM + DSP, "arm", 10),
        (ARM + PLAIN, None, 10),
        (ARM + PLAIN, "plain", 7),
        (PLAIN, "plain", 7),
        (ARM + processor("off", 3, "default='false'"), None, 10),
        ("", None, 0),  # as SDF3: no processor, no time
    ],
)
def test_the_processor_that_counts(tmp_path, processors, chosen, time):
    read = read_dataflow(application(tmp_path, processors), processor=chosen)
    assert read.execution_times.tolist() == [time]
    assert read.name == "outer"


def test_an_actor_that_lacks_the_processor_keeps_its_default(tmp_path):
    path = tmp_path / "two.xml"
    path.write_text(
        f"""<sdf3><applicationGraph><sdf><actor name='a'/><actor name='b'/></sdf><sdfProperties>
        <actorProperties actor='a'>{ARM}{DSP}</actorProperties><actorProperties actor='b'>{DSP}</actorProperties>
        </sdfProperties></applicationGraph></sdf3>"""
    )
    read = read_dataflow(path, processor="arm")
    assert (read.name, read.execution_times.tolist()) == ("two", [10, 4])


def test_processors_that_do_not_fit(tmp_path):
    with pytest.raises(InputError, match="choose one of 'arm', 'dsp'"):
        read_dataflow(application(tmp_path, ARM + DSP), processor="fpga")
    with pytest.raises(InputError, match="each processor type once"):
        read_dataflow(application(tmp_path, ARM + ARM))
    (tmp_path / "graph.json").write_text('{"actors": [], "channels": []}')
    with pytest.raises(InputError, match="leave the processor out"):
        read_dataflow(tmp_path / "graph.json", processor="arm")


def test_cyclo_static_files(tmp_path):
    """Read where they are synchronous in fact, refused otherwise."""
    assert read_dataflow(application(tmp_path, ARM, kind="csdf")).execution_times.tolist() == [10]
    with pytest.raises(InputError, match="cyclo-static graphs are not supported"):
        read_dataflow(application(tmp_path, ARM, kind="csdf", rate="1,2"))


def test_ports_without_channel_and_namespaces(tmp_path):
    path = application(tmp_path, ARM, ports="<port name='free' type='in' rate='9'/>")
    assert read_dataflow(path).channel_count == 1
    path.write_text(path.read_text().replace("<sdf3 ", "<s:sdf3 xmlns:s='uri:x' ").replace("</sdf3", "</s:sdf3"))
    assert read_dataflow(path).channel_count == 1


def architecture(folder, delays, extra="", kinds=None):
    """An architecture with these {(source, target): delay}; tiles carry one processor of type ``core``."""
    tiles = 1 + max(max(pair) for pair in delays) if delays else 1
    processors = kinds or ["<processor name='p' type='core'><arbitration type='TDMA'/></processor>"] * tiles
    text = "".join(f"<tile name='t{i}'>{processors[i]}<memory name='m' size='9'/></tile>" for i in range(tiles))
    for (a, b), delay in delays.items():
        text += f"<connection name='c' srcTile='t{a}' dstTile='t{b}' delay='{delay}'/>"
    path = folder / "arch.xml"
    path.write_text(f"{HEADER}<architectureGraph name='chip'>{text}{extra}</architectureGraph></sdf3>")
    return path


def distances(columns, rows, setup, hop):
    place = [divmod(tile, columns) for tile in range(columns * rows)]
    return {
        (a, b): setup + hop * (abs(p[0] - q[0]) + abs(p[1] - q[1]))
        for a, p in enumerate(place)
        for b, q in enumerate(place)
        if a != b
    }


@pytest.mark.parametrize(("columns", "rows", "setup", "hop"), [(2, 2, 2, 1), (3, 2, 0, 5), (4, 1, 7, 2), (2, 3, 1, 1)])
def test_meshes(tmp_path, columns, rows, setup, hop):
    """The published 2 x 2 example has delays 3 and 4: a setup of 2 and 1 a hop."""
    delays = distances(columns, rows, setup, hop)
    chip = read_architecture(architecture(tmp_path, delays), crossbar=(128, 64), base_ps=16, unit_ps=1000)
    assert chip.topology == Mesh(columns, rows)
    assert (chip.name, chip.timing.base_ps, chip.timing.packet_ps) == ("chip", 16, 0)
    for (a, b), delay in delays.items():
        hops = int(chip.topology.hops(a, b))
        assert chip.timing.setup_ps + hops * chip.timing.hop_ps == 1000 * delay
    assert chip.limits.tolist() == [[128, 64, 128 * 64]] * (columns * rows)
    assert "memory" in chip.description and "arbitration" in chip.description


def test_equal_delays_are_setup(tmp_path):
    delays = {(a, b): 6 for a in range(4) for b in range(4) if a != b}
    chip = read_architecture(architecture(tmp_path, delays), crossbar=(4, 4))
    assert (chip.timing.setup_ps, chip.timing.hop_ps) == (6, 0)
    assert int(chip.topology.hops(0, 3)) == 1


def test_irregular_links_and_tile_kinds(tmp_path):
    """A star: tile 0 in the middle, everything else two hops apart."""
    delays = {(a, b): 3 if 0 in (a, b) else 5 for a in range(4) for b in range(4) if a != b}
    one, two = "<processor name='p' type='arm'/>", "<processor name='p' type='arm'/><processor name='q' type='dsp'/>"
    path = architecture(tmp_path, delays, kinds=[one, two, one, two])
    chip = read_architecture(path, crossbar=(4, 4))
    assert isinstance(chip.topology, LinkGraph)
    assert (chip.timing.setup_ps, chip.timing.hop_ps) == (1, 2)
    assert [kind.name for kind in chip.tile_classes] == ["arm", "arm+dsp"]
    assert chip.class_of.tolist() == [0, 1, 0, 1]
    assert chip.crossbars.tolist() == [1, 2, 1, 2]


def test_one_tile(tmp_path):
    chip = read_architecture(architecture(tmp_path, {}), crossbar=(4, 4))
    assert (chip.tiles, chip.timing.setup_ps) == (1, 0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({(0, 1): 3}, "connection from tile 't1' to tile 't0'"),
        ({(0, 1): "3.5", (1, 0): 3}, "whole number"),
        ({(0, 1): -3, (1, 0): 3}, "at least 0"),
        ({(0, 1): 2**62, (1, 0): 3}, "coarser unit"),
        ({(0, 1): 3, (1, 0): 4}, "join all tiles"),
        ({(0, 0): 3}, "a loop"),
        (distances(3, 1, 0, 2) | {(0, 2): 9}, "delays of the form"),
        ({k: {1: 1, 2: 9}[v] for k, v in distances(3, 1, 0, 1).items()}, "delays of the form"),
    ],
)
def test_delays_that_no_platform_has(tmp_path, change, words):
    with pytest.raises(InputError, match=words):
        read_architecture(architecture(tmp_path, change), crossbar=(4, 4))


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("<tile name='t0'><processor type='core'/></tile>", "every tile"),
        ("<tile name='r'/>", "a tile with a processor"),
        ("<tile name='r'><processor/></tile>", "attribute 'type'"),
        ("<connection srcTile='t0' dstTile='t9' delay='1'/>", "a tile of the graph"),
        ("<connection srcTile='t0' dstTile='t1' delay='1'/>", "a second connection"),
        ("<connection srcTile='t0' delay='1'/>", "attribute 'dstTile'"),
        ("</architectureGraph><architectureGraph>", "2 of them"),
    ],
)
def test_damaged_architectures(tmp_path, extra, words):
    path = architecture(tmp_path, {(0, 1): 3, (1, 0): 3}, extra)
    with pytest.raises(InputError, match=words):
        read_architecture(path, crossbar=(4, 4))


def test_crossbars_without_rows(tmp_path):
    with pytest.raises(InputError, match="inputs: expected an integer >= 1, got 0"):
        read_architecture(architecture(tmp_path, {}), crossbar=(0, 4))


def test_an_architecture_is_no_application(tmp_path):
    path = architecture(tmp_path, {(0, 1): 3, (1, 0): 3})
    with pytest.raises(InputError, match="<applicationGraph>"):
        read_dataflow(path)
    with pytest.raises(InputError, match="<architectureGraph>"):
        read_architecture(application(tmp_path, ARM), crossbar=(4, 4))
