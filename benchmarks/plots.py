"""Results as SVG: `python -m benchmarks.plots RESULTS FOLDER [png]`, in the environment that has matplotlib.

Nothing but the figures decides what is written: no date, no random ids. Backgrounds stay transparent and text is of a
grey that reads on white and on black; colours are of Okabe and Ito's palette, and no colour alone says anything.
"""

from __future__ import annotations

import pathlib
import re
import sys
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import matplotlib as mpl

mpl.use("svg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator
from matplotlib.transforms import Affine2D

from benchmarks.check import call_costs
from benchmarks.results import Measured, fitted, load, measured
from benchmarks.table import number

TEXT = "#7a818c"
FAINT = "#7a818c44"
OURS = "#1c88cf"
OTHERS = "#9aa2ad"
SECOND = "#d55e00"
SHADES = (OURS, "#56b4e9")
BAND = 0.9
FEWEST_LANES = 8
"""Of a band's height: a region with few calls at once shows thin bars, not thick ones."""

STYLE = {
    "svg.hashsalt": "stocktake",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.edgecolor": TEXT,
    "axes.labelcolor": TEXT,
    "axes.titlecolor": TEXT,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": TEXT,
    "xtick.color": TEXT,
    "ytick.color": TEXT,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.transparent": True,
    "figure.constrained_layout.use": True,
}

LONG = re.compile(r"\d+\.\d{3,}")
"""A coordinate finer than anyone sees."""

PLAIN = FuncFormatter(lambda value, _: number(value))


def bars(axes: Axes, ways: Sequence[Measured], name: str, title: str) -> None:
    """A bar a way with its median at the end and a whisker over its rounds; a log scale where they are far apart."""
    found = [(one.way, one.of(name)) for one in ways]
    there = [(way, value) for way, value in found if value is not None]
    widest = max(value.high for _, value in there)
    logarithmic = widest / min(value.middle for _, value in there) > 20
    for place, (way, value) in enumerate(reversed(there)):
        ours = way == "stocktake"
        outline = {"facecolor": "none", "hatch": "////", "edgecolor": OTHERS} if way == "floor" else {}
        axes.barh(place, value.middle, height=0.62, color=OURS if ours else OTHERS, **outline)
        axes.plot([value.low, value.high], [place, place], color=TEXT, linewidth=1, marker="|", markersize=6)
        text = axes.annotate(number(value.middle), (value.high, place), (6, 0), textcoords="offset points", va="center")
        text.set_fontweight("bold" if ours else "normal")
    axes.set_yticks(range(len(there)), [way for way, _ in reversed(there)])
    for label in axes.get_yticklabels():
        label.set_fontweight("bold" if label.get_text() == "stocktake" else "normal")
    axes.set_title(title + (" (log scale)" if logarithmic else ""))
    if logarithmic:
        axes.set_xscale("log")
        axes.set_xlim(min(value.low for _, value in there) / 3, widest * 4)
        axes.xaxis.set_major_formatter(PLAIN)
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_xlim(0, widest * 1.2)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)


def side_by_side(results: dict[str, Any], workload: str, names: dict[str, str]) -> Figure | None:
    ways = [one for one in measured(results, workload) if one.middle("wall") is not None]
    if not ways:
        return None
    figure, panels = plt.subplots(1, len(names), figsize=(4.4 * len(names), 0.42 * len(ways) + 0.9), squeeze=False)
    for axes, (name, title) in zip(panels[0], names.items(), strict=True):
        bars(axes, ways, name, title)
    for axes in panels[0][1:]:
        axes.set_yticklabels([])
    return figure


def lines(axes: Axes, series: dict[str, list[tuple[float, float]]]) -> None:
    """A line each, its values above or below its points, wherever the other one is not, and its name at its end."""
    styles = ((OURS, "o"), (SECOND, "s"))
    for (label, points), (colour, marker) in zip(series.items(), styles, strict=False):
        axes.plot(*zip(*points, strict=True), color=colour, marker=marker, markersize=5, linewidth=1.8)
        others = {x: y for other, values in series.items() if other != label for x, y in values}
        for x, y in points:
            up = y >= others.get(x, 0)
            place, va = ((0, 7), "bottom") if up else ((0, -8), "top")
            text = axes.annotate(number(y), (x, y), place, textcoords="offset points", ha="center", va=va, color=colour)
            text.set_fontsize(8.5)
        shift = 0 if not others else 6 if up else -6
        end = axes.annotate(label, points[-1], (18, shift), textcoords="offset points", va="center", color=colour)
        end.set_fontweight("bold")


def grown(axes: Axes, found: Sequence[Measured], axis: str, names: dict[str, str], title: str) -> None:
    series = {}
    for name, label in names.items():
        points = [(float(one.amount), one.middle(name)) for one in found]
        series[label] = [(x, y) for x, y in points if y is not None]
    lines(axes, series)
    axes.set_xscale("log")
    axes.set_yscale("log")
    amounts = sorted({float(one.amount) for one in found})
    axes.set_xticks(amounts, [f"{amount:,.0f}" for amount in amounts])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(PLAIN)
    axes.yaxis.set_minor_locator(NullLocator())
    values = [y for points in series.values() for _, y in points]
    axes.set_ylim(min(values) / 2, max(values) * 2)
    axes.set_xlim(amounts[0] / 1.4, amounts[-1] * (amounts[-1] / amounts[0]) ** 0.28)
    axes.set_xlabel(axis)
    axes.set_title(title)
    axes.grid(color=FAINT, linewidth=0.6)


def growth(results: dict[str, Any]) -> Figure | None:
    seconds = {"wall": "wall", "cpu": "CPU"}
    wanted = (
        ("w4-regions", "regions", seconds, "seconds, 60 calls a region"),
        ("w4-accounts", "accounts", seconds, "seconds, 4 regions an account"),
        ("w4-resources", "resources", seconds, "seconds, by resources found"),
        ("w4-resources", "resources", {"memory_mb": "memory"}, "peak memory, MB"),
    )
    there = [
        (sorted(found, key=lambda one: one.amount), axis, names, title)
        for workload, axis, names, title in wanted
        if len(found := measured(results, workload)) > 1
    ]
    if not there:
        return None
    rows = (len(there) + 1) // 2
    figure, panels = plt.subplots(rows, 2, figsize=(10, 3.6 * rows), squeeze=False)
    for axes in panels.flat[len(there) :]:
        axes.set_visible(False)
    for axes, (found, axis, names, title) in zip(panels.flat, there, strict=False):
        grown(axes, found, axis, names, title)
    return figure


def calls(results: dict[str, Any]) -> Figure | None:
    """Processor time over calls: the points lie on one line where a call costs the same however many there are."""
    wanted = (("w4-regions", "1 to 34 regions", OURS, "o"), ("w4-accounts", "1 to 20 accounts", SECOND, "s"))
    figure, axes = plt.subplots(figsize=(6.4, 3.6))
    drawn = False
    for workload, label, colour, marker in wanted:
        points = call_costs(results, workload)
        if len(points) > 1:
            drawn = True
            fit = fitted(points)
            ends = [points[0][0], points[-1][0]]
            axes.plot(ends, [fit.at(x) for x in ends], color=colour, linewidth=1)
            axes.plot(*zip(*points, strict=True), color=colour, marker=marker, linestyle="none")
            text = f"{label}: {number(fit.slope * 1000)} ms a call"
            top = (ends[-1], max(points[-1][1], fit.at(ends[-1])))
            axes.annotate(text, top, (0, 9), textcoords="offset points", ha="right", color=colour)
    axes.set_xlabel("calls")
    axes.set_title("processor seconds of a run")
    axes.margins(0.05, 0.15)
    axes.set_xlim(0)
    axes.set_ylim(0)
    axes.grid(color=FAINT, linewidth=0.6)
    axes.xaxis.set_major_formatter(PLAIN)
    return figure if drawn else None


def packed(spans: Sequence[list[float]]) -> list[list[list[float]]]:
    """The spans in as few lanes as hold them without an overlap."""
    lanes: list[list[list[float]]] = []
    for span in sorted(spans):
        free = next((lane for lane in lanes if lane[-1][1] <= span[0]), None)
        if free is None:
            lanes.append([span])
        else:
            free.append(span)
    return lanes


def waterfall(results: dict[str, Any]) -> Figure | None:
    """A band a region, the calls in it packed as tightly as they overlap, each from its beginning to its parsed answer;
    regions in the order in which they begin."""
    by_region: dict[str, list[list[float]]] = results.get("waterfall") or {}
    if not by_region:
        return None
    order = sorted(by_region, key=lambda region: median(begin for begin, _ in by_region[region]))
    figure, axes = plt.subplots(figsize=(9, 0.26 * len(order) + 0.9))
    for place, region in enumerate(order):
        lanes = packed(by_region[region])
        height = BAND / max(len(lanes), FEWEST_LANES)
        corners = [
            Path.unit_rectangle().transformed(
                Affine2D().scale(end - begin, height).translate(begin, place - BAND / 2 + row * height)
            )
            for row, lane in enumerate(lanes)
            for begin, end in lane
        ]
        axes.add_patch(PathPatch(Path.make_compound_path(*corners), facecolor=SHADES[place % 2], linewidth=0))
    last = max(end for spans in by_region.values() for _, end in spans)
    axes.set_xlim(0, last * 1.02)
    axes.set_ylim(len(order) - 0.3, -0.7)
    axes.set_yticks(range(len(order)), order, fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("seconds since the process was started")
    axes.set_title(f"{sum(map(len, by_region.values())):,} calls of one cold run, from begin to parsed answer")
    axes.grid(axis="x", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    return figure


FIGURES: dict[str, Callable[[dict[str, Any]], Figure | None]] = {
    "w1": lambda results: side_by_side(results, "w1", {"wall": "wall, s", "cpu": "CPU, s"}),
    "w2": lambda results: side_by_side(results, "w2", {"wall": "wall, s", "cpu": "CPU, s", "memory_mb": "memory, MB"}),
    "growth": growth,
    "calls": calls,
    "waterfall": waterfall,
}


def draw(results: dict[str, Any], folder: pathlib.Path, kind: str = "svg") -> list[pathlib.Path]:
    """Every figure that there are results for; what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with mpl.rc_context(STYLE):
        for name, make in FIGURES.items():
            figure = make(results)
            if figure is not None:
                path = folder / f"{name}.{kind}"
                metadata = {"Date": None, "Creator": None} if kind == "svg" else None
                figure.savefig(path, metadata=metadata, dpi=130)
                if kind == "svg":
                    path.write_text(LONG.sub(lambda found: f"{float(found[0]):.2f}", path.read_text()))
                written.append(path)
            plt.close("all")
    return written


if __name__ == "__main__":
    for path in draw(load(pathlib.Path(sys.argv[1])), pathlib.Path(sys.argv[2]), *sys.argv[3:]):
        print(path)
