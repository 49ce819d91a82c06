"""A copy of the golden run that a test may spoil, hash for hash: what a store looks like that somebody else wrote."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parent / "golden" / "format-1"
LATEST = "20261122T130000Z"
OBJECTS = ("pointer", "manifest", "snapshot", "partial", "units")


class Stored:
    """The golden runs in a folder of their own; what is changed is named by its new hash all the way to the pointer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(GOLDEN, folder)

    @property
    def pointer(self) -> Path:
        return self.folder / "latest/default.json"

    @property
    def manifest(self) -> Path:
        (path,) = self.folder.glob(f"manifests/**/{LATEST}.r1.json")
        return path

    def key(self, kind: str) -> str:
        """The key of an object of the last run."""
        path = {"pointer": self.pointer, "manifest": self.manifest}.get(kind)
        return path.relative_to(self.folder).as_posix() if path else str(self.named(kind)["key"])

    def named(self, kind: str) -> dict[str, Any]:
        (named,) = (one for one in json.loads(self.manifest.read_bytes())["objects"] if one["kind"] == kind)
        return dict(named)

    def lines(self, kind: str) -> list[dict[str, Any]]:
        text = gzip.decompress((self.folder / self.key(kind)).read_bytes())
        return [json.loads(line) for line in text.splitlines()]

    def put(self, kind: str, data: bytes, **named: Any) -> None:
        """Another content of an object; `named` is what the manifest says of it besides its size and hash."""
        (self.folder / self.key(kind)).write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        if kind == "manifest":
            self._edit(self.pointer, lambda pointer: {**pointer, "sha256": digest})
        elif kind != "pointer":
            self.rename(kind, bytes=len(data), sha256=digest, **named)

    def rename(self, kind: str, **named: Any) -> None:
        """What the manifest says of an object."""

        def renamed(manifest: Any) -> Any:
            for one in manifest["objects"]:
                if one["kind"] == kind:
                    one.update(named)
            return manifest

        self.edit("manifest", renamed)

    def edit(self, kind: str, change: Callable[[Any], Any]) -> None:
        """A changed pointer or manifest, or changed lines of another object."""
        if kind in ("pointer", "manifest"):
            value = json.loads((self.folder / self.key(kind)).read_bytes())
            self.put(kind, json.dumps(change(value)).encode())
        else:
            lines = change(self.lines(kind))
            self.put(kind, packed(lines), count=len(lines))

    def _edit(self, path: Path, change: Callable[[Any], Any]) -> None:
        path.write_text(json.dumps(change(json.loads(path.read_bytes()))))


def packed(lines: list[Any]) -> bytes:
    return gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode(), 1)
