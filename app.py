"""The CDK app: context → StackConfig → stacks. `cdk synth` needs neither Docker nor a network."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "lambda_src"))

import aws_cdk as cdk

from infra.config import StackConfig
from infra.stack import StocktakeStack

app = cdk.App()
config = StackConfig.from_context(app.node.try_get_context)
StocktakeStack(app, config.stack_name, config=config)
app.synth()
