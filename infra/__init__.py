"""CDK constructs. Of the function's code they import the catalogue and the settings, nothing else."""
