"""What `make test-deploy` needs beside .venv: the AWS CLI, and what runs a function in AWS Lambda.

    python -m tests.deploy.tools

puts them into .venv-deploy, from the package index alone, everything pinned and held to its hash.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
TOOLS = HERE.parent.parent / ".venv-deploy"
PYTHON = TOOLS / "bin/python"
AWS = TOOLS / "bin/aws"
RUNTIME = TOOLS / "runtime"
"""Lambda's own libraries, as /var/runtime has them."""
EMULATORS = TOOLS / "emulator/samcli/local/rapid"
DEPLOYED_VERSION = (3, 13)
"""What the function is deployed for; it is run in the newest that there is at most as new, or in this one."""


def emulator() -> Path:
    """AWS's Lambda Runtime Interface Emulator, for this machine. Raises SystemExit where there is none."""
    if sys.platform != "linux":
        sys.exit("AWS's Lambda Runtime Interface Emulator runs on Linux alone, and so does make test-deploy")
    return EMULATORS / f"aws-lambda-rie-{'arm64' if platform.machine() in ('aarch64', 'arm64') else 'x86_64'}"


def lambda_python() -> str:
    """The Python of the version that the function is deployed for, where this machine has it, else this one."""
    name = "python{}.{}".format(*DEPLOYED_VERSION)
    homes = sorted(Path.home().glob(f".pyenv/versions/{name.removeprefix('python')}*/bin/{name}"))
    for candidate in (shutil.which(name), *map(str, homes)):
        if candidate and _works(candidate):
            return candidate
    return getattr(sys, "_base_executable", sys.executable)


def _works(python: str) -> bool:
    """Whether it is that version, and can make a virtual environment. (pyenv has commands that only say what to do.)"""
    script = f"import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != {DEPLOYED_VERSION})"
    return subprocess.run([python, "-c", script], capture_output=True).returncode == 0


def main() -> None:
    shutil.rmtree(TOOLS, ignore_errors=True)
    python = lambda_python()
    subprocess.run([python, "-m", "venv", str(TOOLS)], check=True)
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--require-hashes"]
    only = ["--no-compile", "--only-binary", ":all:"]
    # From a directory of its own, so that the function finds these there and nothing else.
    subprocess.run([*pip, "-r", str(HERE / "requirements.lock")], check=True)
    subprocess.run([*pip, *only, "--target", str(RUNTIME), "-r", str(HERE / "runtime.lock")], check=True)
    emulators = [*pip, *only, "--no-deps", "--target", str(TOOLS / "emulator"), "-r", str(HERE / "emulator.lock")]
    subprocess.run(emulators, check=True)
    os.chmod(emulator(), 0o755)
    version = subprocess.run([str(PYTHON), "--version"], capture_output=True, text=True, check=True).stdout.strip()
    print(f"the function will run in {version}; it is deployed for {'.'.join(map(str, DEPLOYED_VERSION))}")


if __name__ == "__main__":
    main()
