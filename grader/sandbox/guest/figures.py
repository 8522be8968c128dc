"""Describe matplotlib figures and axes as plain values: the data drawn, not the appearance.

`packing` can pack figures once this module is imported. If `imports:` lists matplotlib, the fork
server calls `settle` before it loads anything else. A figure is ``{"figure": title, "axes": [axes,
...]}``, and axes are

    {"title", "xlabel", "ylabel", "xlim", "ylim", "xscale", "yscale", "legend": [text, ...] or None,
     "lines": [{"label", "x", "y"}], "scatter": [{"label", "points"}],
     "bars": [{"x", "width", "height"}], "images": [shape, ...], "texts": [text, ...]}
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import os
from pathlib import Path
from typing import Any

import numpy as np

from grader.sandbox.guest import packing
from grader.sandbox.guest.packing import Packer


def settle() -> None:
    """Load matplotlib without a display or a cache folder, and draw one figure."""
    spec = importlib.util.find_spec("matplotlib")
    if spec is None or not spec.origin:
        return
    os.environ["MATPLOTLIBRC"] = str(Path(spec.origin).parent / "mpl-data" / "matplotlibrc")
    matplotlib: Any = importlib.import_module("matplotlib")
    matplotlib.get_cachedir = matplotlib.get_configdir = lambda: "/nonexistent"
    matplotlib.use("Agg")
    pyplot: Any = importlib.import_module("matplotlib.pyplot")
    figure, axes = pyplot.subplots()
    axes.plot([0, 1], label="x")
    axes.legend()
    figure.savefig(io.BytesIO())
    pyplot.close(figure)
    # A worker does not inherit our descriptors, so it must open the font files itself.
    fonts = importlib.import_module("matplotlib.font_manager")
    getattr(fonts, "_get_font", fonts.get_font).cache_clear()


def described(figure: Any) -> dict[str, Any]:
    """Return the content of a figure."""
    title = getattr(figure, "_suptitle", None)
    return {
        "figure": str(title.get_text()) if title is not None else "",
        "axes": [described_axes(axes) for axes in figure.axes],
    }


def described_axes(axes: Any) -> dict[str, Any]:
    """Return the content of an axes object."""
    legend = axes.get_legend()
    return {
        "title": str(axes.get_title()),
        "xlabel": str(axes.get_xlabel()),
        "ylabel": str(axes.get_ylabel()),
        "xlim": tuple(map(float, axes.get_xlim())),
        "ylim": tuple(map(float, axes.get_ylim())),
        "xscale": str(axes.get_xscale()),
        "yscale": str(axes.get_yscale()),
        "legend": None if legend is None else [str(t.get_text()) for t in legend.get_texts()],
        "lines": [
            {"label": str(line.get_label()), "x": np.asarray(line.get_xdata()),
             "y": np.asarray(line.get_ydata())}
            for line in axes.lines
        ],
        "scatter": [
            {"label": str(each.get_label()), "points": np.asarray(each.get_offsets())}
            for each in axes.collections
        ],
        "bars": [
            {"x": float(each.get_x()), "width": float(each.get_width()),
             "height": float(each.get_height())}
            for each in axes.patches
            if hasattr(each, "get_height")
        ],
        "images": [tuple(map(int, np.shape(each.get_array()))) for each in axes.images],
        "texts": [str(each.get_text()) for each in axes.texts],
    }  # fmt: skip


def _figure(packer: Packer, figure: Any) -> Any:
    return packer.pack(described(figure))


def _axes(packer: Packer, axes: Any) -> Any:
    return packer.pack(described_axes(axes))


packing.extend("matplotlib.figure", "Figure", _figure)
packing.extend("matplotlib.axes", "Axes", _axes)
