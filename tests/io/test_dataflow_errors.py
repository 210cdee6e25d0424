"""Bad dataflow files end in an InputError that names the place: damage by hand, attacks, and fuzzing."""

import json

import pytest
from dataflow_support import example, graphs
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.errors import InputError
from mapper.io.dataflow import read_dataflow, write_dataflow
from mapper.io.dataflow.plain import graph_to_dict
from mapper.model.sdf import SDFGraph

XML = """<sdf3 type="sdf" version="1.0">
<applicationGraph name="g"><sdf name="g" type="G">
<actor name="a" type="A"><port name="o" type="out" rate="2"/><port name="i" type="in" rate="3"/></actor>
<actor name="b" type="B"><port name="i" type="in" rate="1"/><port name="o" type="out" rate="1"/></actor>
<channel name="ab" srcActor="a" srcPort="o" dstActor="b" dstPort="i" initialTokens="4"/>
<channel name="ba" srcActor="b" srcPort="o" dstActor="a" dstPort="i"/>
</sdf><sdfProperties>
<actorProperties actor="a"><processor type="arm" default="true"><executionTime time="7"/></processor></actorProperties>
<actorProperties actor="b"><processor type="arm" default="true"><executionTime time="8"/></processor></actorProperties>
</sdfProperties></applicationGraph></sdf3>
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("damaged")


def refusal(folder, suffix, text):
    path = folder / f"graph{suffix}"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as caught:
        read_dataflow(path)
    message = str(caught.value)
    assert str(path) in message
    assert len(message) < 1500
    message.encode("utf-8")
    return message.replace(str(path), "FILE")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('rate="2"', 'rate="0"', ["line 3", "'o'", "rate", "at least 1", "'0'"]),
        ('rate="2"', 'rate="-2"', ["at least 1", "'-2'"]),
        ('rate="2"', 'rate="2.5"', ["whole number", "'2.5'"]),
        ('rate="2"', 'rate=""', ["whole number", "''"]),
        ('rate="2"', 'rate="٢"', ["whole number"]),
        ('rate="2"', 'rate="2,1"', ["synchronous", "'2,1'", "cyclo-static"]),
        ('rate="2"', f'rate="{2**63}"', ["below 2**63"]),
        ('rate="2"', f'rate="{"9" * 9999}"', ["below 2**63", "..."]),
        (' rate="2"', "", ["line 3", "'o'", "attribute 'rate'"]),
        (' type="out" rate="2"', ' rate="2"', ["attribute 'type'"]),
        ('"out" rate="2"', '"inout" rate="2"', ["type 'out'", "'inout'", "channel 'ab'"]),
        ('<port name="o" type="out" rate="2"/>', "", ["line 5", "'ab'", "srcPort", "'o'", "its ports are 'i'"]),
        ('name="i" type="in" rate="3"', 'name="o" type="in" rate="3"', ["line 3", "every port", "second time"]),
        ('srcPort="o" dstActor="b"', 'srcPort="i" dstActor="b"', ["type 'out'", "'in'"]),
        (' srcPort="o" dstActor="b"', ' dstActor="b"', ["line 5", "attribute 'srcPort'"]),
        ('srcActor="b" srcPort', 'srcActor="a" srcPort', ["port 'o' of 'a' a second time"]),
        ('dstActor="b"', 'dstActor="c"', ["line 5", "dstActor", "'c'", "the actors are 'a', 'b'"]),
        (' dstActor="b"', "", ["attribute 'dstActor'"]),
        ('initialTokens="4"', 'initialTokens="-1"', ["initial tokens", "at least 0", "'-1'"]),
        ('initialTokens="4"', 'initialTokens="many"', ["initial tokens", "'many'"]),
        ('name="ba"', 'name="ab"', ["line 6", "every channel", "second time"]),
        ('<actor name="b"', '<actor name="a"', ["line 4", "every actor", "second time"]),
        ('<actor name="b"', "<actor", ["line 4", "attribute 'name'"]),
        ('Properties actor="b"', 'Properties actor="c"', ["line 9", "an actor of the graph", "'c'"]),
        ('Properties actor="b"', 'Properties actor="a"', ["line 9", "a second one for 'a'"]),
        ('Properties actor="b"', "Properties", ["line 9", "attribute 'actor'"]),
        ('type="arm"', "", ["attribute 'type'"]),
        (' default="true"', "", ["line 8", "default processor", "choose one of 'arm'"]),
        (' default="true"', ' default="false"', ["default processor"]),
        ('<executionTime time="7"/>', "", ["line 8", "<executionTime> for actor 'a'"]),
        ('time="7"', 'time="7.5"', ["line 8", "whole number", "'7.5'"]),
        ('time="7"', 'time="-7"', ["at least 0"]),
        ('time="7"', f'time="{2**63}"', ["below 2**63", "coarser"]),
        ('time="7"', 'time="1,2"', ["synchronous"]),
        ('time="7"', "", ["attribute 'time'"]),
        ("sdf3", "sdf4", ["<sdf3>", "<sdf4>"]),
        ("applicationGraph", "architectureGraph", ["<applicationGraph>", "<architectureGraph>"]),
        ('<sdf name="g" type="G">', "<sdf/><sdf>", ["2 of them"]),
        ("</sdf>", "", ["FILE: line 10, column", "well-formed XML", "mismatched tag"]),
        ('<sdf3 type="sdf" version="1.0">', '<!DOCTYPE sdf3 SYSTEM "x.dtd"><sdf3>', ["line 1", "DOCTYPE"]),
        ('type="A"', 'type="&unknown;"', ["undefined entity"]),
        ('<sdf3 type="sdf"', '<?xml version="1.0" encoding="no-such"?><sdf3 type="sdf"', ["FILE"]),
        ('<sdf3 type="sdf"', '<?xml version="1.0" encoding="shift_jis"?><sdf3 type="sdf"', ["FILE"]),
    ],
)
def test_damaged_sdf3(folder, old, new, words):
    assert old in XML
    message = refusal(folder, ".xml", XML.replace(old, new))
    assert all(word in message for word in words), message


def test_the_undamaged_file(folder):
    path = folder / "good.xml"
    path.write_text(XML)
    read = read_dataflow(path)
    assert (read.name, read.actors, read.execution_times.tolist()) == ("g", ("a", "b"), [7, 8])
    assert (read.production.tolist(), read.consumption.tolist()) == ([2, 1], [1, 3])
    assert read.initial_tokens.tolist() == [4, 0]


BOMB = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><sdf3>&c;</sdf3>"""
EXTERNAL = """<!DOCTYPE sdf3 [<!ENTITY x SYSTEM "file:///etc/passwd">]><sdf3>&x;</sdf3>"""
PARAMETER = """<!DOCTYPE sdf3 [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><sdf3/>"""


@pytest.mark.parametrize("text", [BOMB, EXTERNAL, PARAMETER])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_before_they_expand(folder, text, encoding):
    message = refusal(folder, ".xml", text.replace('<?xml version="1.0"?>', "").encode(encoding))
    assert "line 1" in message
    assert "DOCTYPE" in message


def test_deep_and_empty_files(folder):
    assert "nested at most 64 deep" in refusal(folder, ".xml", "<sdf3>" * 10**6)
    assert "no element found" in refusal(folder, ".xml", "")
    assert "too deep" in refusal(folder, ".json", "[" * 10**6)
    assert "Expecting value" in refusal(folder, ".json", "")
    assert "'digraph'" in refusal(folder, ".dot", "")
    assert "a name" in refusal(folder, ".dot", "digraph { a " + "[" * 10**5)
    for suffix in (".xml", ".json", ".dot"):
        assert "FILE" in refusal(folder, suffix, b"\xff\xfe\x00\xd8\x00\x00")
        assert "FILE" in refusal(folder, suffix, b"\x80abc")


def damaged(change):
    content = graph_to_dict(example())
    replaced = change(content)
    return json.dumps(content if replaced is None else replaced)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: [c], ["object with 'actors' and 'channels'", "a list"]),
        (lambda c: 5, ["a number"]),
        (lambda c: c.update(actors="none"), ["actors", "a list of objects", "text"]),
        (lambda c: {"channels": []}, ["actors", "no such key"]),
        (lambda c: {"actors": {}, "channels": []}, ["actors", "a list", "an object"]),
        (lambda c: {"actors": [3], "channels": []}, ["actors[0]", "an object", "a number"]),
        (lambda c: c["actors"][1].pop("name") and None, ["actors[1]", "key 'name'", "'execution_time'"]),
        (lambda c: c["actors"][1].update(name="left"), ["actors[1]", "'left' a second time"]),
        (lambda c: c["actors"][1].update(name=["x"]), ["actors[1]", "a name"]),
        (lambda c: c["actors"][1].update(name="\ud800"), ["actors[1]", "Unicode"]),
        (lambda c: c["actors"][1].update(execution_time="5"), ["actors[1]: execution_time", "a number", "'5'"]),
        (lambda c: c["actors"][1].update(execution_time=1.5), ["execution time", "whole number", "1.5"]),
        (lambda c: c["actors"][1].update(execution_time=True), ["whole number", "True"]),
        (lambda c: c["actors"][1].update(execution_time=None), ["whole number", "None"]),
        (lambda c: c["actors"][1].update(execution_time=-1), ["at least 0", "-1"]),
        (lambda c: c["actors"][1].update(execution_time=float("nan")), ["whole number", "nan"]),
        (lambda c: c["actors"][1].update(execution_time=float("inf")), ["whole number", "inf"]),
        (lambda c: c["actors"][1].update(execution_time=2**63), ["below 2**63", str(2**63)]),
        (lambda c: c["actors"][1].update(execution_time=2**999), ["below 2**63", "1000 bits"]),
        (lambda c: c["channels"][2].update(source="nobody"), ["channels[2]: source", "'nobody'", "'left', 'right'"]),
        (lambda c: c["channels"][2].update(target=0), ["channels[2]: target", "an actor of the graph"]),
        (lambda c: c["channels"][2].update(target=[]), ["channels[2]: target"]),
        (lambda c: c["channels"][2].update(production=0), ["channels[2]: production", "at least 1"]),
        (lambda c: c["channels"][2].update(consumption=2**64), ["channels[2]: consumption", "below 2**63"]),
        (lambda c: c["channels"][2].update(initial_tokens=-3), ["channels[2]: initial tokens", "-3"]),
        (lambda c: c["channels"][2].update(initial_tokens="3"), ["channels[2]: initial_tokens", "a number"]),
        (lambda c: c["channels"][2].pop("consumption") and None, ["channels[2]", "key 'consumption'"]),
        (lambda c: c.update(name=7), ["name", "7"]),
    ],
)
def test_damaged_json(folder, change, words):
    message = refusal(folder, ".json", damaged(change))
    assert all(word in message for word in words), message


def test_json_numbers_and_keys_that_python_minds(folder):
    text = damaged(lambda c: None)
    assert "digits" in refusal(folder, ".json", text.replace(": 5", f": {'9' * 5000}"))
    assert "'execution_time' twice" in refusal(folder, ".json", text.replace(": 5", ': 5, "execution_time": 6'))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("graph { a -- b }", ["line 1", "'digraph'", "'graph'"]),
        ("strict digraph { }", ["'digraph'", "strict"]),
        ("digraph {\n a [execution_time=1]\n a -> b\n}", ["line 3", "node 'b'", "'execution_time'"]),
        ("digraph {\n\n a [execution_time=1.5] }", ["line 3", "node 'a'", "whole number", "'1.5'"]),
        ("digraph { a [execution_time=1] a -> a [production=0] }", ["edge 'a' -> 'a'", "production", "at least 1"]),
        ("digraph { a [execution_time=1] a -> a [initial_tokens=-1] }", ["initial tokens", "'-1'"]),
        (f"digraph {{ a [execution_time={2**63}] }}", ["below 2**63"]),
        ("digraph { subgraph x { a } }", ["subgraphs are not supported"]),
        ("digraph { a -> { b c } }", ["subgraphs are not supported"]),
        ("digraph { a:n -> b }", ["line 1", "':n -> b }'"]),
        ("digraph { a [label=<b>] }", ["'<b>] }'"]),
        ("digraph { a [execution_time] }", ["'='"]),
        ("digraph { a", ["a name", "the end of the file"]),
        ("digraph { a [x=1", ["a name", "the end of the file"]),
        ('digraph { "a', ["DOT", "'\"a'"]),
        ("digraph { /* ", ["DOT"]),
        ("digraph { } }", ["more after its end"]),
        ("digraph { } digraph { }", ["more after its end"]),
        ("digraph", ["a name", "the end of the file"]),
        ("digraph x", ["'{'", "the end of the file"]),
    ],
)
def test_damaged_dot(folder, text, words):
    message = refusal(folder, ".dot", text)
    assert all(word in message for word in words), message


def survives(path):
    """The reader gives a graph or an InputError, nothing else."""
    try:
        assert isinstance(read_dataflow(path), SDFGraph)
    except InputError as error:
        assert str(path) in str(error)
        str(error).encode("utf-8")


@st.composite
def mutations(draw, text):
    """``text`` with pieces cut out, doubled, exchanged or overwritten."""
    pieces = bytearray(text)
    for _ in range(draw(st.integers(1, 4))):
        at, length = draw(st.integers(0, len(pieces))), draw(st.integers(0, 30))
        kind = draw(st.sampled_from(["cut", "double", "insert", "overwrite"]))
        if kind == "cut":
            del pieces[at : at + length]
        elif kind == "double":
            pieces[at:at] = pieces[at : at + length]
        elif kind == "insert":
            pieces[at:at] = draw(st.sampled_from(SNIPPETS))
        else:
            new = draw(st.binary(min_size=1, max_size=4))
            pieces[at : at + len(new)] = new
    return bytes(pieces)


SNIPPETS = [
    b"&", b"<", b">", b'"', b"'", b"\0", b"\xff", b"\xed\xa0\x80", b"\\", b"\\ud800", b"{", b"}", b"[", b"]", b"]" * 9,
    b"0", b"-", b"1e999", b"NaN", b"9" * 40, b"9" * 5000, b"null", b"true", b"3.5", b",", b":", b";", b"=", b"->",
    b"/*", b"&amp;", b"&#0;", b"&#xD800;", b"&x;", b"<!DOCTYPE a>", b"<![CDATA[", b"<!--", b"<?xml?>", b"<a/>",
    b'<actor name="left"/>', b' default="false"', b' rate="0"', b'"name": {},', b"subgraph", b"node [execution_time=2]",
]  # fmt: skip


@pytest.mark.parametrize("suffix", [".xml", ".json", ".dot"])
@settings(max_examples=250)
@given(draw=st.data())
def test_mutated_files_never_give_a_traceback(folder, suffix, draw):
    path = folder / f"mutated{suffix}"
    write_dataflow(draw.draw(st.one_of(st.just(example()), graphs())), path)
    path.write_bytes(draw.draw(mutations(path.read_bytes())))
    survives(path)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2**65) | st.floats() | st.text(max_size=3) | st.just("left"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=250)
@given(draw=st.data())
def test_json_of_wrong_shape_never_gives_a_traceback(folder, draw):
    """Valid JSON in which one value, anywhere, is replaced by any other."""
    content = {"all": graph_to_dict(example())}
    at, key = content, "all"
    while (
        isinstance(at[key], dict | list)
        and at[key]
        and draw.draw(st.booleans() if at is not content else st.just(True))
    ):
        at = at[key]
        key = draw.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
    at[key] = draw.draw(values)
    path = folder / "shape.json"
    path.write_text(json.dumps(content["all"]))
    survives(path)


@pytest.mark.parametrize("suffix", [".xml", ".json", ".dot"])
@settings(max_examples=100)
@given(noise=st.binary(max_size=60))
def test_noise_never_gives_a_traceback(folder, suffix, noise):
    path = folder / f"noise{suffix}"
    path.write_bytes(noise)
    survives(path)
