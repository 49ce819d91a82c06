"""Sums up what the law tests leave in `out/faults`: `python -m tests.faults.figures` prints it and writes
`out/faults.json`, from which `docs/reliability.md` is told its figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

OUT = Path(__file__).parents[2] / "out"
FOLDER = OUT / "faults"
SUMS = ("runs", "cases", "faults", "calls", "seconds")


def summed(folder: Path) -> dict[str, Any]:
    """The figures of all files of a folder together."""
    parts = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    total: dict[str, Any] = {name: round(sum(part[name] for part in parts), 1) for name in SUMS}
    return total | {"kinds": len({kind for part in parts for kind in part["kinds"]})}


def main() -> None:
    total = summed(FOLDER)
    (OUT / "faults.json").write_text(json.dumps(total, indent=2) + "\n")
    print("  ".join(f"{name} {value:,}" for name, value in total.items()))


if __name__ == "__main__":
    main()
