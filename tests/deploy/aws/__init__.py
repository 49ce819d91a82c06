"""A moto server that makes all that the stack is made of, and runs its function as AWS Lambda does."""
