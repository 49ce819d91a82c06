"""What a developer runs: `python -m tools.docs`. No part of the function or of the command line."""
