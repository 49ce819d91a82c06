"""Makers: for every type that moto implements, how one is made. A module for each file of the catalogue.

A module says MAKERS, and what moto does otherwise than AWS, each with why:

    NOT_MADE    types whose calls moto has, but of which it cannot make one, or does not list it
    UNTAGGED    types that were tagged, but whose tags moto does not give back
    UNTIMED     types whose time of creation moto leaves out
"""

from __future__ import annotations

import importlib
import pkgutil

from tests.catalog.made.account import Maker

MAKERS: dict[str, Maker] = {}
NOT_MADE: dict[str, str] = {}
UNTAGGED: dict[str, str] = {}
UNTIMED: dict[str, str] = {}

for _module in pkgutil.iter_modules(__path__):
    _said = vars(importlib.import_module(f"{__name__}.{_module.name}"))
    MAKERS |= _said.get("MAKERS", {})
    NOT_MADE |= _said.get("NOT_MADE", {})
    UNTAGGED |= _said.get("UNTAGGED", {})
    UNTIMED |= _said.get("UNTIMED", {})
