"""An AWS estate on this machine: a moto server, resources on it, and changes to them."""
