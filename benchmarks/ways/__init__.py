"""One way a file: what people write today, what Stocktake does, and what the network alone would take.

A way is a process of its own: `python -m benchmarks.ways.NAME PLAN`, where PLAN is a JSON file with `calls`, each a
service, operation, parameters, regions, and JMESPath to the items of a page. It makes them, keeps every item as an
inventory would, and prints {"resources": how many}.
"""
