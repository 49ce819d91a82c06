"""Stocktake's own command line with the benchmark's rows in the catalogue: `… run --store DIR …`.

The rows are plain lists made for the benchmark (benchmarks/rows.py): they fill the catalogue up to the sixty calls
that every way makes. All else is what `stocktake` itself does.
"""

from __future__ import annotations

from benchmarks.rows import fill_up
from stocktake.catalog import CATALOG
from stocktake.cli import main


def add_rows() -> None:
    for row in fill_up(CATALOG.values()):
        CATALOG[row.name] = row


if __name__ == "__main__":
    add_rows()
    main()
