"""moto's CloudFormation, mended where a deployment by the CDK's command line needs it.

- A type that nobody makes here fails the deployment; moto leaves it out with a warning. So does one that changed and
  that nobody can change.
- What needs another goes before it (moto: in any order), and what a template retains is retained when it is taken out
  of the template too, not only when the stack goes.
- A parameter that keeps its previous value, but had none, keeps the template's default. (moto: KeyError)
- A stack that was made by a change set has outputs (moto: none), and its change sets are gone (moto: they are in the
  way of another stack's).
- A change set that is not there can be deleted (moto: UnboundLocalError), and is asked for in vain with AWS's own code
  (moto: ValidationError).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import CloudFormationError, ValidationError
from moto.cloudformation.models import ChangeSet, CloudFormationBackend
from moto.cloudformation.responses import CloudFormationResponse

from tests.deploy.aws.resource import Resource

RETAINED = ("Retain", "RetainExceptOnCreate")


class ChangeSetNotFound(CloudFormationError):
    code = "ChangeSetNotFound"


def install(kinds: Mapping[str, type[Resource]], motos_own: frozenset[str]) -> None:
    """Makes these types, and of moto's those alone that are named."""
    _make_these_types(kinds, motos_own)
    _say_what_failed()
    _delete_in_order()
    _keep_previous_values()
    _finish_change_sets()


def _make_these_types(kinds: Mapping[str, type[Resource]], motos_own: frozenset[str]) -> None:
    moto_class = parsing.resource_class_from_type
    moto_name = parsing.resource_name_property_from_type

    def class_of(kind: str) -> Any:
        if kind in kinds:
            return kinds[kind]
        if kind in motos_own:
            return moto_class(kind)
        raise ValidationError(message=f"{kind} is not made by tests/deploy/aws: nobody would have tried it")

    def name_of(kind: str) -> str | None:
        return kinds[kind].named if kind in kinds else moto_name(kind)

    parsing.resource_class_from_type = class_of
    parsing.resource_name_property_from_type = name_of


def _say_what_failed() -> None:
    """Any error while a resource is made or changed becomes CloudFormation's, which the command line shows."""

    def saying(made: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(logical_id: str, resource: dict[str, Any], *arguments: Any, **options: Any) -> Any:
            try:
                result = made(logical_id, resource, *arguments, **options)
            except ValidationError:
                raise
            except Exception as error:
                message = f"{logical_id} ({resource['Type']}): {type(error).__name__}: {error}"
                raise ValidationError(message=message) from error
            if result is None and "Condition" not in resource:
                raise ValidationError(message=f"{logical_id} ({resource['Type']}) is not made or changed here")
            return result

        return wrapper

    parsing.parse_and_create_resource = saying(parsing.parse_and_create_resource)
    parsing.parse_and_update_resource = saying(parsing.parse_and_update_resource)


def _delete_in_order() -> None:
    delete_resource = parsing.ResourceMap._delete_resource

    def delete_unless_retained(self: Any, parsed: Any, resource: dict[str, Any]) -> None:
        if resource.get("DeletionPolicy") in RETAINED:
            return
        try:
            delete_resource(self, parsed, resource)
        except Exception as error:
            message = f"{parsed.logical_resource_id} ({resource['Type']}): {type(error).__name__}: {error}"
            raise ValidationError(message=message) from error

    def delete(self: Any) -> None:
        for logical_id in [name for name in reversed(self._parsed_resources) if name in self._resource_json_map]:
            self._delete_resource(self._parsed_resources.pop(logical_id), self._resource_json_map[logical_id])

    parsing.ResourceMap._delete_resource = delete_unless_retained
    parsing.ResourceMap.delete = delete


def _keep_previous_values() -> None:
    parameter = CloudFormationResponse._get_param

    def get_param(self: CloudFormationResponse, name: str, if_none: Any = None) -> Any:
        value = parameter(self, name, if_none)
        if name != "Parameters" or not value:
            return value
        try:
            given = self.cloudformation_backend.get_stack(parameter(self, "StackName")).parameters
        except ValidationError:  # a stack that is to be made
            given = {}
        kept = []
        for one in value:
            key = one["ParameterKey"]
            if not one.get("UsePreviousValue"):
                kept.append(one)
            elif key in given:
                kept.append({"ParameterKey": key, "ParameterValue": given[key]})
        return kept

    CloudFormationResponse._get_param = get_param


def _finish_change_sets() -> None:
    def apply(self: ChangeSet) -> None:
        stack = self.stack
        stack.template = self.template
        stack._parse_template()
        stack.resource_map.update(stack.template_dict, self.parameters)
        stack.parameters = self.parameters
        stack.output_map = stack._create_output_map()

    def describe_change_set(self: CloudFormationBackend, change_set_name: str) -> ChangeSet:
        for known, one in self.change_sets.items():
            if change_set_name in (known, one.change_set_name):
                return one
        raise ChangeSetNotFound(f"ChangeSet [{change_set_name}] does not exist")

    def delete_change_set(self: CloudFormationBackend, change_set_name: str) -> None:
        for known, one in list(self.change_sets.items()):
            if change_set_name in (known, one.change_set_name):
                del self.change_sets[known]

    execute = CloudFormationBackend.execute_change_set

    def execute_change_set(self: CloudFormationBackend, change_set_name: str, stack_name: str | None = None) -> None:
        stack = self.describe_change_set(change_set_name).stack_id
        execute(self, change_set_name, stack_name)
        self.change_sets = {known: one for known, one in self.change_sets.items() if one.stack_id != stack}

    ChangeSet.apply = apply
    CloudFormationBackend.execute_change_set = execute_change_set
    CloudFormationBackend.describe_change_set = describe_change_set
    CloudFormationBackend.delete_change_set = delete_change_set
