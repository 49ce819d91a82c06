"""`python -m tests.loopback_aws FOLDER`: reads an estate as one line of JSON from standard input, writes `ca.pem` into
the folder, says on standard output which ports it listens on, and serves until its standard input ends."""

from __future__ import annotations

import os
import sys

from tests.loopback_aws.estate import Estate
from tests.loopback_aws.server import serve

if __name__ == "__main__":
    serve(Estate.from_json(sys.stdin.readline()), sys.argv[1])
    os._exit(0)  # freeing every model one by one would take a second
