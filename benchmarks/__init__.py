"""Ways to take an inventory, side by side, on an AWS that runs on this machine. See README.md."""
