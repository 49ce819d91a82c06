"""What the network alone takes: raw TLS sockets send what Stocktake sent, and neither sign nor parse.

`python -m benchmarks.ways.floor PLAN`, where PLAN names a `recording` (benchmarks/record.py). All chains are begun at
once, with as many threads as Stocktake has. The next page's token is cut out of the raw answer. A connection is used
again while its host has chains left.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

THREADS = 256
PORT = 443
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
CHUNK = 1 << 18

OnBody = Callable[[dict[str, Any], bytes], None]


class Hosts:
    """The connections: one context, and per host those that wait to be used again."""

    def __init__(self, chains: list[dict[str, Any]]) -> None:
        self._context = ssl.create_default_context(cafile=chains[0]["ca"])
        self._left = Counter(chain["host"] for chain in chains)
        self._idle: dict[str, list[ssl.SSLSocket]] = {}
        self._lock = threading.Lock()

    def take(self, host: str) -> ssl.SSLSocket:
        with self._lock:
            self._left[host] -= 1
            idle = self._idle.get(host)
            if idle:
                return idle.pop()
        plain = socket.create_connection((host, PORT))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._context.wrap_socket(plain, server_hostname=host)

    def give_back(self, host: str, connection: ssl.SSLSocket) -> None:
        with self._lock:
            if self._left[host]:
                self._idle.setdefault(host, []).append(connection)
                return
            done = [connection, *self._idle.pop(host, [])]
        for one in done:
            one.close()


def exchange(connection: ssl.SSLSocket, request: bytes) -> bytes:
    """Sends a request and reads its answer whole; the body."""
    connection.sendall(request)
    received = bytearray()
    end = -1
    while end < 0:
        part = connection.recv(CHUNK)
        if not part:
            raise ConnectionError("the answer ended in its head")
        received += part
        end = received.find(b"\r\n\r\n")
    found = LENGTH.search(received, 0, end)
    if not received.startswith(b"HTTP/1.1 200") or not found:
        raise ConnectionError(f"unexpected answer: {bytes(received[:200])!r}")
    body = bytearray(int(found[1]))
    have = len(received) - end - 4
    body[:have] = received[end + 4 :]
    view = memoryview(body)
    while have < len(body):
        have += (read := connection.recv_into(view[have:])) or len(body)
        if not read:
            raise ConnectionError("the answer ended in its body")
    return bytes(body)


def follow(connection: ssl.SSLSocket, chain: dict[str, Any], on_body: OnBody) -> int:
    """Every page of a chain; how many."""
    body = exchange(connection, chain["first"].encode("latin-1"))
    on_body(chain, body)
    pages = 1
    if chain["next"] is None:
        return pages
    token = re.compile(chain["token"].encode("latin-1"))
    while found := token.search(body):
        head, _, content = chain["next"].encode("latin-1").partition(b"\r\n\r\n")
        written = quote(found[1], safe="").encode() if chain["quoted"] else found[1]
        head, content = (part.replace(chain["place"].encode(), written) for part in (head, content))
        head = LENGTH.sub(b"Content-Length: %d" % len(content), head)
        body = exchange(connection, head + b"\r\n\r\n" + content)
        on_body(chain, body)
        pages += 1
    return pages


def replay(chains: list[dict[str, Any]], on_body: OnBody) -> int:
    """Makes every call of a recording; how many there were."""
    hosts = Hosts(chains)
    waiting = deque(chains)
    pages: list[int] = []
    problems: list[Exception] = []

    def work() -> None:
        while waiting:
            try:
                chain = waiting.popleft()
            except IndexError:
                return
            try:
                connection = hosts.take(chain["host"])
                pages.append(follow(connection, chain, on_body))
                hosts.give_back(chain["host"], connection)
            except Exception as error:
                problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(min(THREADS, len(chains)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]
    return sum(pages)


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text())
    chains = json.loads(Path(plan["recording"]).read_text())
    calls = replay(chains, lambda chain, body: None)
    print(json.dumps({"calls": calls}))


if __name__ == "__main__":
    main()
