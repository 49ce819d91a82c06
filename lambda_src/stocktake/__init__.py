"""Stocktake: a complete, honest inventory of an AWS estate, every hour.

event → Settings → Scope → Plan (units) → fan-out (pages → resources → blocks) → objects, manifest, pointer → metrics
"""

import gc

__version__ = "0.1.0"

# A sweep makes millions of objects and hardly a cycle. With Python's default, a search for cycles after every 700 of
# them, starting takes a quarter longer and parsing a fifth (docs/performance.md).
gc.set_threshold(50_000, 20, 50)
