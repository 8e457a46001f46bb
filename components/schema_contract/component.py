"""SchemaContract: a schema from its text."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.orchestration import data_types
from tfx.types import component_spec, standard_artifacts

from skewgate.components.schema_contract import executor
from skewgate.components.support import cache_key
from skewgate.schema import reading as schema_lib


class SchemaContractSpec(component_spec.ComponentSpec):
    """Parameters and channels of SchemaContract."""

    PARAMETERS = {"text": component_spec.ExecutionParameter(type=str)}
    INPUTS: dict[str, component_spec.ChannelParameter] = {}
    OUTPUTS = {"schema": component_spec.ChannelParameter(type=standard_artifacts.Schema)}


class SchemaContract(base_component.BaseComponent):
    """Publishes schema.pbtxt as an artifact.

    The text is the parameter, so the file does not have to exist where the pipeline runs. A changed
    schema is a changed parameter, and an unchanged one comes from the cache.

    ## Example

    ```python
    schema = SchemaContract(open("schema.pbtxt").read())
    ```

    Component `outputs` contains:

      - `schema`: Channel of type `standard_artifacts.Schema`, a folder with schema.pbtxt.
    """

    SPEC_CLASS = SchemaContractSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)
    DRIVER_CLASS = cache_key.CodeDriver

    def __init__(self, text: str | data_types.RuntimeParameter) -> None:
        """Makes the component.

        Args:
            text: the text of schema.pbtxt.

        Raises:
            InputError: it is not a schema.
        """
        if isinstance(text, str):
            schema_lib.parse_schema(text, executor.SCHEMA_NAME)
        spec = SchemaContractSpec(text=text, schema=types.Channel(type=standard_artifacts.Schema))
        super().__init__(spec=spec)
