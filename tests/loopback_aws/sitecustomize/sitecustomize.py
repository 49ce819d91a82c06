"""Python imports this at its start where the folder is on PYTHONPATH: the client's end of the loopback AWS.

`LOOPBACK_AWS` has the listeners' ports as JSON. AWS's host names resolve to 127.0.0.1 and their region's port; a
region that has no port is refused, as is every other name that is not this machine's own.
"""

import json
import os
import socket
from typing import Any

SUFFIXES = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".api.amazonwebservices.com.cn", ".aws.amazon.com")
LOCAL = ("127.", "::1", "localhost")


def resolve_patch(ports: dict[str, int]) -> None:
    """Patches this process's resolver. `ports`: region → port; "" is the port of host names without a region."""
    resolve = socket.getaddrinfo

    def patched(host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is None or name.startswith(LOCAL):
            return resolve(host, port, family, type, proto, flags)
        found = port_of(name.rstrip("."), ports)
        if found is None or family == socket.AF_INET6:
            raise socket.gaierror(socket.EAI_NONAME, f"the loopback AWS has no host {name}")
        kind = type or socket.SOCK_STREAM
        return [(socket.AF_INET, kind, socket.IPPROTO_TCP, "", ("127.0.0.1", found))]

    socket.getaddrinfo = patched


def port_of(host: str, ports: dict[str, int]) -> "int | None":
    """The port of a host name, or nothing where that is not AWS's or names a region without a port."""
    suffix = next((one for one in SUFFIXES if host.endswith(one)), None)
    if suffix is None:
        return None
    for label in reversed(host[: -len(suffix)].split(".")):
        label = label[3:] if label.startswith("s3-") else label
        if label in ports:
            return ports[label]
        parts = label.split("-")
        if len(parts) > 2 and parts[-1].isdigit() and len(parts[0]) == 2:
            return None
    return ports.get("")


if os.environ.get("LOOPBACK_AWS"):
    resolve_patch(json.loads(os.environ["LOOPBACK_AWS"]))
