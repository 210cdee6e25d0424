"""Results with sized buffers: written, read, checked, shown; fixed ones stay as they were."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import mapper
from mapper.check.result import check_result
from mapper.cli.main import main as commands
from mapper.errors import CheckError
from mapper.io.result import read_result, result_from_dict, result_to_dict, write_result
from mapper.model.mapping import BufferChoice
from mapper.report.result import result_summary, result_text


@pytest.fixture(scope="module")
def network():
    return mapper.read_network("lsm_ecg")


def chip(buffer_packets):
    platform = mapper.read_platform("dynapse")
    kinds = tuple(replace(kind, buffer_packets=buffer_packets) for kind in platform.tile_classes)
    return replace(platform, tile_classes=kinds)


@pytest.fixture(scope="module")
def result(network):
    """On tiles with room for one and a half of the two iterations that the busiest tile's channels could hold."""
    everything = mapper.map_network(network, chip(None), method="greedy")
    app, tile = everything.application, everything.mapping.binding
    held = np.zeros(everything.platform.tiles, np.int64)
    remote = tile[app.graph.sources] != tile[app.graph.targets]
    np.add.at(held, tile[app.graph.targets[remote]], app.packets[remote])
    return mapper.map_network(network, chip(int(held.max()) * 3 // 2), method="greedy", buffers="sized")


def test_it_comes_back_from_its_file_byte_by_byte(result, tmp_path):
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    write_result(result, first)
    again = read_result(first)
    write_result(again, second)
    assert first.read_bytes() == second.read_bytes()
    assert again.buffers is BufferChoice.SIZED
    assert again.mapping.buffers.tolist() == result.mapping.buffers.tolist()
    assert mapper.evaluate(again.application, again.mapping, again.platform) == result.evaluation
    check_result(again)


def test_fixed_buffers_are_not_in_the_file_and_their_absence_is_read(network):
    content = result_to_dict(mapper.map_network(network, chip(None), method="greedy"))
    assert "buffers" not in content
    assert "buffers" not in content["mapping"]
    again = result_from_dict(json.loads(json.dumps(content)))
    assert again.buffers is BufferChoice.FIXED
    assert again.mapping.buffers is None


def smaller(result):
    """A channel between tiles that holds less than it could."""
    app, mapping = result.application, result.mapping
    tiles = mapping.binding
    remote = tiles[app.graph.sources] != tiles[app.graph.targets]
    most = np.maximum(result.platform.buffer_iterations, app.delay_iterations + 1)
    return int(np.flatnonzero(remote & (mapping.buffers < most))[0])


def with_buffer(result, channel, iterations):
    buffers = result.mapping.buffers.copy()
    buffers[channel] = iterations
    return replace(result, mapping=replace(result.mapping, buffers=buffers))


def refused(result, rule):
    with pytest.raises(CheckError) as caught:
        check_result(result)
    assert caught.value.rule == rule, str(caught.value)


def test_a_tampered_buffer_is_refused(result):
    most = np.maximum(result.platform.buffer_iterations, result.application.delay_iterations + 1)
    refused(with_buffer(result, 0, int(most[0]) + 1), "buffers")
    shorter = replace(result.mapping, buffers=result.mapping.buffers[:-1])
    refused(replace(result, mapping=shorter), "buffers")


def test_more_than_a_tile_can_hold_is_refused(result):
    most = np.maximum(result.platform.buffer_iterations, result.application.delay_iterations + 1)
    refused(replace(result, mapping=replace(result.mapping, buffers=most)), "buffers")
    refused(replace(result, mapping=replace(result.mapping, buffers=None)), "buffers")


def test_less_than_the_channel_starts_with_is_refused(result):
    late = np.flatnonzero(result.application.delay_iterations > 0)
    assert late.size, "the network has feedback"
    channel = int(late[0])
    refused(with_buffer(result, channel, int(result.application.delay_iterations[channel])), "buffers")


def test_buffers_in_a_result_with_fixed_ones_are_a_contradiction(result):
    content = result_to_dict(result)
    del content["buffers"]
    with pytest.raises(CheckError, match="buffers"):
        result_from_dict(json.loads(json.dumps(content)))


def test_the_text_names_what_is_smaller(result):
    summary, text = result_summary(result), result_text(result)
    names, graph = result.application.graph.actors, result.application.graph
    channel = smaller(result)
    name = f"{names[graph.sources[channel]]} -> {names[graph.targets[channel]]}"
    assert summary["buffers"] == "sized"
    assert summary["smaller_buffers"][name] == result.mapping.buffers[channel]
    assert f"{len(summary['smaller_buffers'])} of {graph.channel_count} channels hold fewer" in text


def test_explained_with_its_buffers(result):
    from mapper.explain.explain import explain

    answer = explain(result, moves=20)
    assert answer.period == result.evaluation.period
    assert all(relief.period <= answer.period for relief in answer.reliefs)


def test_the_command_line(tmp_path):
    from click.testing import CliRunner

    runner, path = CliRunner(), tmp_path / "result.json"
    arguments = ["lsm_ecg", "-p", "dynapse", "--method", "greedy", "--buffers", "sized", "-o", str(path), "--json"]
    done = runner.invoke(commands, ["map", *arguments])
    assert done.exit_code == 0, done.output
    assert json.loads(path.read_text())["buffers"] == "sized"
    assert runner.invoke(commands, ["check", str(path)]).exit_code == 0
