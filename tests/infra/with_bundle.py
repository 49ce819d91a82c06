"""Runs tests on the function's code instead of the sources and the installed packages, and says where modules came from
and how the tests ended.

    PYTHONPATH=ASSET:ROOT python -B with_bundle.py REPORT_FILE [PYTEST_ARGUMENT …]
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import pytest


class Outcomes:
    """Counts tests by outcome and file."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            self.counts[f"{report.outcome} {report.nodeid.partition('::')[0]}"] += 1


def main() -> None:
    outcomes = Outcomes()
    code = pytest.main(sys.argv[2:], plugins=[outcomes])
    files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
    Path(sys.argv[1]).write_text(json.dumps({"outcomes": outcomes.counts, "files": files}))
    sys.exit(code)


main()
