"""The server's process, which ends when its standard input does.

python -m tests.deploy.aws CPU -H HOST -p PORT     (CPU: a processor's number, or all)
"""

from __future__ import annotations

import os
import sys
import threading

from moto import backends
from moto.server import main

from tests.deploy.aws import cloudformation, function, permissions, running, storage, telling

MOTOS_OWN = frozenset(
    {
        *("AWS::IAM::Role", "AWS::IAM::Policy"),
        *("AWS::SSM::Parameter", "AWS::ECR::Repository"),  # of the CDK's bootstrap stack
    }
)


def leave_with_the_parent() -> None:
    os.read(0, 1)
    function.stop()
    os._exit(0)


threading.Thread(target=leave_with_the_parent, daemon=True).start()
function.install(None if sys.argv[1] == "all" else int(sys.argv[1]))
storage.install()
permissions.install()
kinds = {kind.kind: kind for kind in (*permissions.KINDS, *storage.KINDS, *running.KINDS, *telling.KINDS)}
cloudformation.install(kinds, MOTOS_OWN)

# moto reads its own directory for every request, which would be more than a quarter of its work.
modules = tuple(backends.list_of_moto_modules())
backends.list_of_moto_modules = lambda: modules

main(sys.argv[2:])
