"""Puts the function's code together, as deploying does, and says what it weighs.

    python -m tools.bundle [--rounds 7]

Writes out/bundle/code/ and out/bundle/stocktake.zip. Beside them it measures the same code with botocore's data whole:
in turns, each time in a Python of its own that has the code and the standard library and nothing else.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from statistics import median

from infra.node import node

os.environ.setdefault("JSII_NODE", node())  # before aws_cdk is imported, which starts it

from infra.bundle import DATA, File, calls, contents, files_of, installed, pinned, write

ROOT = Path(__file__).parents[1]
OUT = ROOT / "out" / "bundle"
ROUNDS = 7
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first time that a zip file can name."""

PROBE = """
import json, resource, sys, time
sys.path.append(sys.argv[1])
began = time.process_time()
import stocktake.handler
imported = time.process_time()
from stocktake.aws import Aws
from stocktake.settings import Settings
aws = Aws(Settings.from_environment({"STOCKTAKE_STORE": "s3://measured"}))
aws.prepare(sys.argv[2:])
aws.s3()
made = time.process_time()
try:
    with open("/proc/self/status") as status:
        (memory,) = [int(line.split()[1]) for line in status if line.startswith("VmHWM")]
except OSError:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)
print(json.dumps([imported - began, made - imported, memory / 1024]))
"""
"""Says how many seconds of the processor the handler's import takes and how many every client's making, and the most
memory so far in MB. `ru_maxrss` is the second choice: on Linux a process inherits it."""


@dataclass(frozen=True)
class Cold:
    """What a first invocation pays: seconds of the processor, twice, and MB."""

    importing: float
    clients: float
    memory: float


def untrimmed(files: Mapping[str, File]) -> dict[str, File]:
    """The same code with all of botocore's data, as it is installed."""
    whole = dict(files_of(installed("botocore", dict(pinned())["botocore"])))
    return {inside: file for inside, file in files.items() if not inside.startswith(f"{DATA}/")} | whole


def content(file: File) -> bytes:
    return file if isinstance(file, bytes) else file.read_bytes()


def packed(files: Mapping[str, File]) -> bytes:
    """A zip file: always the same for the same files, on machines with the same zlib."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for inside, file in sorted(files.items()):
            entry = zipfile.ZipInfo(inside, EARLIEST)
            entry.create_system = 3  # Unix, wherever it is made
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content(file))
    return written.getvalue()


def digest(files: Mapping[str, File]) -> str:
    """SHA-256 over names and contents, whatever would compress them."""
    lines = (f"{hashlib.sha256(content(file)).hexdigest()}  {inside}\n" for inside, file in sorted(files.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def start(code: Path) -> Cold:
    """Starts a Python that has nothing but the code and the standard library. As in Lambda, whose code directory cannot
    be written to, no bytecode is kept: every start compiles."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", PROBE, str(code), *calls()],
        env={"AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return Cold(*json.loads(done.stdout))


def in_turns(codes: Sequence[Path], rounds: int) -> list[list[Cold]]:
    """Each code's starts, after one of each that is not counted: files are read from memory then."""
    started: list[list[Cold]] = [[] for _ in codes]
    for number in range(rounds + 1):
        for starts, code in zip(started, codes, strict=True):
            cold = start(code)
            if number:
                starts.append(cold)
    return started


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each is started, at least once")
    rounds = parser.parse_args(arguments).rounds
    if rounds < 1:
        parser.error(f"--rounds {rounds}: it has to be started at least once")
    files = contents()
    both = (files, untrimmed(files))
    zips = [packed(one) for one in both]
    shutil.rmtree(OUT, ignore_errors=True)
    write(files, OUT / "code")
    (OUT / "stocktake.zip").write_bytes(zips[0])
    with tempfile.TemporaryDirectory() as scratch:
        write(both[1], Path(scratch))
        carried, whole = in_turns((OUT / "code", Path(scratch)), rounds)

    print(f"{'':34}{'carried':>10}{'data whole':>12}{'ratio':>8}")
    _line("files", [len(one) for one in both], "{:,.0f}")
    _line("unpacked, MB", [sum(len(content(file)) for file in one.values()) / 1e6 for one in both], "{:,.2f}")
    _line("zip, MB", [len(one) / 1e6 for one in zips], "{:,.2f}")
    for name, ours, theirs in zip(
        ("import of the handler, CPU s", "making every client, CPU s", "most memory by then, MB"),
        zip(*map(astuple, carried), strict=True),
        zip(*map(astuple, whole), strict=True),
        strict=True,
    ):
        ratio = median(mine / other for mine, other in zip(ours, theirs, strict=True))
        _line(name, [median(ours), median(theirs)], "{:,.1f}" if "MB" in name else "{:,.3f}", ratio)
    print(f"\nsha256 of the contents  {digest(files)}")
    print(f"sha256 of the zip       {hashlib.sha256(zips[0]).hexdigest()}")
    print(f"\n{rounds} starts of each, in turns; medians, and the median of the rounds' ratios")
    print(f"{OUT.relative_to(ROOT)}/code, {OUT.relative_to(ROOT)}/stocktake.zip")


def _line(name: str, values: Sequence[float], form: str, ratio: float | None = None) -> None:
    ours, theirs = (form.format(value) for value in values)
    print(f"{name:34}{ours:>10}{theirs:>12}{ratio or values[0] / values[1]:>8.2f}")


if __name__ == "__main__":
    main()
