"""Pictures of a clustering, as SVG, PNG or whatever else the file name says: utilisation and traffic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InputError, MissingExtraError
from mapper.model.clustered import ClusteringReport
from mapper.model.network import SpikingNetwork

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "FORMATS",
    "new_figure",
    "picture_traffic",
    "picture_utilisation",
    "require_picture",
    "save_picture",
    "traffic_matrix",
]

FORMATS = (".svg", ".png", ".pdf")

#: What utilisation is drawn of, and in which colour; buffers only where they are limited.
_KINDS = {"axons": "#1f77b4", "neurons": "#d62728", "synapses": "#2ca02c", "buffer": "#9467bd"}

#: Most rows and columns of the drawn traffic matrix; beyond, neighbouring clusters are drawn as one.
_MOST_CELLS = 512


def require_picture(path: str | Path) -> None:
    """Refuse a picture that could not be drawn, before long work.

    Raises
    ------
    InputError
        Another ending than those of :data:`FORMATS`, or matplotlib (extra ``plot``) is not installed.
    """
    if Path(path).suffix.lower() not in FORMATS:
        raise InputError(str(path), f"a name ending in {', '.join(FORMATS)}", Path(path).suffix or "no ending")
    try:
        import matplotlib  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise MissingExtraError("matplotlib", "plot", f"picture {path}") from error


def picture_utilisation(report: ClusteringReport, path: str | Path) -> None:
    """Draw what each cluster holds as fractions of its limits, clusters by falling sum of them.

    Axons, neurons and synapses, and packets in the buffer where that is limited.

    Raises
    ------
    InputError
        As :func:`require_picture`, or the file cannot be written.
    """
    figure = new_figure(path, 8, 4.5)
    shares = report.utilisation
    shares = shares[np.argsort(-shares.sum(axis=1), kind="stable")]
    axes = figure.subplots()
    edges = np.arange(len(shares) + 1)
    for share, (kind, colour) in zip(shares.T, _KINDS.items(), strict=False):
        mean = f" (mean {share.mean():.0%})" if len(shares) else ""
        axes.stairs(share, edges, color=colour, label=kind + mean, linewidth=1.5)
    axes.axhline(1, color="#888", linewidth=0.8)
    axes.locator_params(axis="x", integer=True)
    axes.set(
        xlabel="cluster, fullest first", ylabel="share of the limit", ylim=(0, 1.05), xlim=(0, max(len(shares), 1))
    )
    axes.set_title(f"{report.network}: {report.clustering.count} clusters by {report.method}")
    axes.legend()
    save_picture(figure, path)


def picture_traffic(report: ClusteringReport, network: SpikingNetwork, path: str | Path) -> None:
    """Draw the packets from each cluster (the last row: the inputs) to each cluster, on a logarithmic scale.

    Raises
    ------
    InputError
        As :func:`require_picture`, or the file cannot be written.
    """
    from matplotlib.colors import LogNorm

    figure = new_figure(path, 6.5, 6)
    k = report.clustering.count
    drawn = traffic_matrix(network, report, max(1, -(-k // _MOST_CELLS)))
    axes = figure.subplots()
    shown = np.ma.masked_equal(drawn, 0)
    norm = LogNorm(1, max(int(drawn.max(initial=1)), 2))
    image = axes.imshow(shown, norm=norm, cmap="viridis", interpolation="nearest", aspect="auto",
                        extent=(0, max(k, 1), k + 1, 0))  # fmt: skip
    figure.colorbar(image, label="packets")
    axes.set(xlabel="to cluster", ylabel="from cluster (last: inputs)")
    axes.set_title(f"{report.network}: {report.packets} packets by {report.method}")
    save_picture(figure, path)


def traffic_matrix(network: SpikingNetwork, report: ClusteringReport, step: int = 1) -> NDArray[np.int64]:
    """Packets over the recording from each cluster, the inputs in the last row, to each cluster.

    Parameters
    ----------
    network
        The unrolled network.
    step
        So many neighbouring clusters share a row and a column.

    Returns
    -------
    int64, shape (g + 1, g)
        With g = ceil(clusters / step).

    Examples
    --------
    >>> from mapper.model.clustering import Clustering
    >>> net = SpikingNetwork.from_edges("v", 3, [0, 0, 1], [1, 2, 2], is_input=[1, 0, 0], spike_counts=[5, 2, 0])
    >>> halves = ClusteringReport("v", "", "frame", "none", Clustering([-1, 0, 1], 2), [0, 1, 2], [[9, 9, 9]],
    ...                           [[1, 1, 1], [2, 1, 2]], [5, 7], 12, 2, 1, "")
    >>> traffic_matrix(net, halves).tolist()
    [[0, 2], [0, 0], [5, 5]]
    """
    from scipy.sparse import csr_array

    k, n = report.clustering.count, network.size
    groups = -(-k // step)
    home = np.where(network.is_input, k, report.clustering.assignment).astype(np.int64)
    member = csr_array((np.ones(n, np.int32), (np.arange(n), home)), shape=(n, k + 1))
    spikes = np.full(n, network.windows) if network.spike_counts is None else network.spike_counts
    matrix = np.zeros((groups + 1, groups), np.int64)
    for start, rows in network.pieces():
        ones = np.ones(rows.targets.size, np.int32)
        reached = (csr_array((ones, rows.targets, rows.indptr), shape=(rows.indptr.size - 1, n)) @ member).tocoo()
        source, target = start + reached.row, reached.col
        leaving = home[source] != target
        source, target = source[leaving], target[leaving]
        row = np.where(home[source] == k, groups, home[source] // step)
        np.add.at(matrix, (row, target // step), spikes[source])
    return matrix


def new_figure(path: str | Path, width: float, height: float) -> Figure:
    """An empty figure of so many inches, once it is clear that ``path`` can become a picture."""
    require_picture(path)
    from matplotlib.figure import Figure  # without pyplot: no window system, no state

    return Figure(figsize=(width, height), layout="constrained")


def save_picture(figure: Any, path: str | Path) -> None:
    """Write a figure; equal figures give equal SVG files.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    import matplotlib

    # Fixed ids and no date: equal pictures are equal files.
    metadata = {"Date": None} if Path(path).suffix.lower() == ".svg" else None
    with matplotlib.rc_context({"svg.hashsalt": "mapper"}):
        try:
            figure.savefig(path, dpi=150, metadata=metadata)
        except OSError as error:
            raise InputError(str(path), "a file that can be written", error.strerror or str(error)) from error
