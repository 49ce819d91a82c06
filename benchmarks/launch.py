"""Runs one process under limits and says what it took: wall and processor seconds, peak memory, most threads.

Reads {"argv", "environment", "stdout", "stderr", "cpus", "files", "timeout"} from standard input. A process of its
own, and a small one: what Linux calls a child's peak memory is at least its parent's at the fork.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import threading
import time

SAMPLE_SECONDS = 0.02


def threads_of(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/status") as status:
            return next((int(line.split()[1]) for line in status if line.startswith("Threads:")), 0)
    except OSError:  # it has ended, or this system has no /proc
        return 0


def main() -> None:
    asked = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_NOFILE, (asked["files"], asked["files"]))
    if asked["cpus"] is not None:
        os.sched_setaffinity(0, asked["cpus"])
    ended = threading.Event()
    most = 0

    def watch(pid: int) -> None:
        nonlocal most
        last = time.monotonic() + asked["timeout"]
        while not ended.wait(SAMPLE_SECONDS):
            most = max(most, threads_of(pid))
            if time.monotonic() > last:
                os.kill(pid, signal.SIGKILL)
                return

    files = [
        (os.POSIX_SPAWN_OPEN, stream, asked[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        for stream, name in ((1, "stdout"), (2, "stderr"))
    ]
    began = time.perf_counter()
    pid = os.posix_spawn(asked["argv"][0], asked["argv"], asked["environment"], file_actions=files)
    watcher = threading.Thread(target=watch, args=(pid,))
    watcher.start()
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - began
    ended.set()
    watcher.join()
    took = {
        "status": os.waitstatus_to_exitcode(status),
        "wall": wall,
        "user": usage.ru_utime,
        "system": usage.ru_stime,
        "memory_mb": usage.ru_maxrss / 1024,
        "threads": most,
    }
    print(json.dumps(took))


if __name__ == "__main__":
    main()
