"""The CDK app: context → StackConfig → stacks. `cdk synth` needs neither Docker nor a network."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "lambda_src"))

from infra.node import node

os.environ.setdefault("JSII_NODE", node())

import aws_cdk as cdk

from infra.config import StackConfig
from infra.stack import StocktakeStack
from stocktake.errors import StocktakeError

app = cdk.App()
try:
    config = StackConfig.from_context(app.node.get_all_context())
    StocktakeStack(app, config.stack_name, config=config)
except StocktakeError as refusal:
    print(refusal, file=sys.stderr)
    sys.exit(2)
app.synth()
