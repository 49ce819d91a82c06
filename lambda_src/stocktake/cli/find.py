"""`stocktake find`: where something is, by any of the names that people have for it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

import click

from stocktake.cli.render import console, print_json, shown, table
from stocktake.cli.stores import inventory_option, json_option, load, open_for_reading, store_option
from stocktake.store import read_resources

ADDRESS = re.compile(r"[0-9a-fA-F:.]{3,45}\Z")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@click.command()
@click.argument("text")
@store_option
@inventory_option
@click.option("--run", "run_id", help="A run's id; the latest if none is given.")
@click.option("--type", "of_type", default="*", metavar="GLOB", help="Only these types: 'AWS::EC2::*'.")
@click.option("--region", default="*", metavar="GLOB", help="Only in these regions: 'eu-*'.")
@json_option
def find(text: str, store: str, inventory: str, run_id: str | None, of_type: str, region: str, as_json: bool) -> int:
    """Find the resources whose id, ARN, name or tags contain TEXT, in any case, or that have the IP address TEXT.

    Ends with 1 where there is none.
    """
    opened = open_for_reading(store)
    manifest, _ = load(opened, inventory, run_id)
    search = Search(text)
    found = [
        (resource, where)
        for resource in read_resources(opened, manifest)
        if fnmatchcase(resource["type"], of_type) and fnmatchcase(resource["region"], region)
        if (where := search.where(resource))
    ]
    if as_json:
        print_json([{**resource, "matched": where} for resource, where in found])
    elif found:
        account = ("account",) if len(manifest["scope"]["accounts"]) > 1 else ()
        columns = (*account, "type", "region", "id", "name")
        rows = [(*(one[column] or "" for column in columns), ", ".join(where)) for one, where in found]
        console().print(table((*columns, "matched"), rows))
    else:
        run = manifest["run"]["id"]
        console(err=True).print(f"nothing in run {run} has {shown(text)} in its id, ARN, name, tags or addresses")
    return 0 if found else 1


class Search:
    """A text to look for, and the IP address that it is, if it is one."""

    def __init__(self, text: str) -> None:
        self._text = text.casefold()
        self._address = as_address(text)

    def where(self, resource: Mapping[str, Any]) -> list[str]:
        """The places of a resource that match: `id`, `tag env`, `PrivateIpAddress`."""
        places = [name for name in ("id", "arn", "name") if self._is_in(resource[name])]
        for key, value in (resource["tags"] or {}).items():
            if self._is_in(key) or self._is_in(value) or self._is_in(f"{key}={value}"):
                places.append(f"tag {key}")
        if self._address is not None:
            places += dict.fromkeys(self._addresses(resource["data"], ""))
        return places

    def _is_in(self, value: str | None) -> bool:
        return value is not None and self._text in value.casefold()

    def _addresses(self, value: Any, name: str) -> Iterator[str]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from self._addresses(inner, key)
        elif isinstance(value, list):
            for inner in value:
                yield from self._addresses(inner, name)
        elif isinstance(value, str) and as_address(value) == self._address:
            yield name


def as_address(text: str) -> Address | None:
    if not ADDRESS.match(text):
        return None
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
