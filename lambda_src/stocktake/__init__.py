"""Stocktake: a complete, honest inventory of an AWS estate, every hour.

event → Settings → Scope → Plan (units) → fan-out (pages → resources → blocks) → objects, manifest, pointer → metrics
"""

__version__ = "0.1.0"
