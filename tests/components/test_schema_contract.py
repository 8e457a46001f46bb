"""SchemaContract: the text that a pipeline was built with is the schema of its runs."""

import pathlib

import pytest
from tfx.types import standard_artifacts

from skewgate.components.schema_contract.component import SchemaContract
from skewgate.components.schema_contract.executor import Executor
from skewgate.core.errors import InputError

TEXT = '# reviewed in March\nfeature { name: "fare" type: FLOAT }\n'


def test_the_text_is_published_as_it_stands(output):
    schema = output(standard_artifacts.Schema, "schema")
    Executor().Do({}, {"schema": [schema]}, {"text": TEXT})
    assert pathlib.Path(schema.uri, "schema.pbtxt").read_text("utf-8") == TEXT


def test_a_text_that_is_no_schema_is_refused_when_the_pipeline_is_built():
    with pytest.raises(InputError, match=r"schema\.pbtxt"):
        SchemaContract("fare: FLOAT")


def test_a_text_that_a_run_was_given_is_checked_in_the_run_and_nothing_is_published(output):
    schema = output(standard_artifacts.Schema, "schema")
    with pytest.raises(InputError, match=r"schema\.pbtxt"):
        Executor().Do({}, {"schema": [schema]}, {"text": "fare: FLOAT"})
    assert not pathlib.Path(schema.uri, "schema.pbtxt").exists()
