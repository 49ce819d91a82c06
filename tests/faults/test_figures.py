"""The figures that the documentation quotes."""

from __future__ import annotations

import json
from pathlib import Path

from tests.faults.figures import summed


def test_the_parts_of_a_run_are_summed_up_whatever_process_left_them(tmp_path: Path) -> None:
    for name, kinds in (("one", ["reset", "hang"]), ("two", ["hang"])):
        part = {"runs": 2, "cases": 380, "faults": 500, "calls": 2000, "seconds": 7.25, "kinds": kinds}
        (tmp_path / f"{name}.json").write_text(json.dumps(part))
    assert summed(tmp_path) == {"runs": 4, "cases": 760, "faults": 1000, "calls": 4000, "seconds": 14.5, "kinds": 2}


def test_where_nothing_was_run_there_are_no_figures(tmp_path: Path) -> None:
    assert set(summed(tmp_path).values()) == {0}
