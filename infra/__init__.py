"""CDK constructs. Of the function's code they import the catalogue, the settings and the errors, nothing else."""
