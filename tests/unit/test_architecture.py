"""The rules of tests/architecture.py hold in this tree, and find what breaks them in another."""

import pathlib

import pytest

from tests import architecture

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tree():
    return architecture.Tree(ROOT)


@pytest.fixture
def plant(tmp_path):
    """Writes a small tree and returns what a rule finds there, as texts."""

    def find(rule, files):
        for name, text in files.items():
            path = tmp_path / "skewgate" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for folder in [tmp_path / "skewgate", *(tmp_path / "skewgate").rglob("*")]:
            if folder.is_dir():
                (folder / "__init__.py").touch()
        return words(rule(architecture.Tree(tmp_path)))

    return find


def words(found):
    return [words(each) if isinstance(each, list) else str(each) for each in found]


def test_every_package_has_a_place_in_the_order(tree):
    assert architecture.without_a_place(tree) == []


def test_packages_import_only_those_before_them(tree):
    found = words(architecture.against_the_order(tree))
    assert not found, "\n".join(found)


def test_no_packages_import_each_other_in_a_circle(tree):
    found = ["\n".join(imports) for imports in architecture.cycles(tree)]
    assert not found, "\n\n".join(found)


def test_nothing_imports_the_public_surface_of_tfx(tree):
    found = words(architecture.of_tfx_v1(tree))
    assert not found, "\n".join(found)


def test_nothing_before_beam_loads_the_heavy_stack(tree):
    found = words(architecture.heavy_too_low(tree))
    assert not found, "\n".join(found)


def test_only_servers_import_a_web_framework(tree):
    found = words(architecture.web_outside_servers(tree))
    assert not found, "\n".join(found)


def test_few_modules_stand_loose(tree):
    assert len(architecture.loose_modules(tree)) <= architecture.MOST_LOOSE_MODULES


def test_every_package_says_what_it_is_for(tree):
    assert architecture.without_a_docstring(tree) == []


def test_the_linked_folders_belong_to_the_tree(tree):
    for folder in ("components", "kubeflow", "pipeline", "schemas"):
        files = list((ROOT / folder).rglob("*.py"))
        found = [path for name, path in tree.modules.items() if name.split(".")[1:2] == [folder]]
        assert len(found) == len(files) > 0


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("import skewgate.cli.main", "skewgate.cli.main"),
        ("from skewgate.cli import main", "skewgate.cli.main"),
        ("from skewgate.cli.main import entry", "skewgate.cli.main"),
        ("from skewgate import cli", "skewgate.cli"),
        ("from ..cli import main", "skewgate.cli.main"),
        ("def f():\n    from skewgate.cli import main", "skewgate.cli.main"),
        ("if TYPE_CHECKING:\n    from skewgate.cli import main", "skewgate.cli.main"),
        ("importlib.import_module('skewgate.cli.main')", "skewgate.cli.main"),
    ],
)
def test_every_form_of_an_import_of_a_later_package_is_found(plant, text, target):
    line = text.count("\n") + 1
    files = {"cli/main.py": "", "core/a.py": text}
    assert plant(architecture.against_the_order, files) == [
        f"skewgate/core/a.py:{line} imports {target}"
    ]


def test_packages_in_one_brace_must_not_import_each_other(plant):
    files = {
        "metrics/ks.py": "from skewgate.estimation import bands",
        "estimation/bands.py": "from skewgate.core import errors",
        "core/errors.py": "",
    }
    expected = ["skewgate/metrics/ks.py:1 imports skewgate.estimation.bands"]
    assert plant(architecture.against_the_order, files) == expected


def test_the_order_inside_a_package_counts(plant):
    files = {
        "data/sources/base.py": "from skewgate.data.ingest import plan\n"
        "from skewgate.data.arrow import kinds",
        "data/ingest/plan.py": "",
        "data/arrow/kinds.py": "",
        "checks/drift/config.py": "from skewgate.checks import explaining\n"
        "from skewgate.checks.skew import config",
        "checks/skew/config.py": "",
        "checks/explaining.py": "",
    }
    assert plant(architecture.against_the_order, files) == [
        "skewgate/checks/drift/config.py:2 imports skewgate.checks.skew.config",
        "skewgate/data/sources/base.py:1 imports skewgate.data.ingest.plan",
    ]


def test_contracts_as_data_import_nothing(plant):
    files = {"schemas/a.py": "from skewgate.core import errors", "core/errors.py": ""}
    expected = ["skewgate/schemas/a.py:1 imports skewgate.core.errors"]
    assert plant(architecture.against_the_order, files) == expected


def test_a_circle_of_three_packages_is_found_once_with_each_import_of_it(plant):
    files = {
        "report/page.py": "from skewgate.report.charts import svg",
        "report/charts/svg.py": "def f():\n    from skewgate.report.texts import plain",
        "report/texts/plain.py": "import skewgate.report.page",
        "cli/main.py": "from skewgate.report import page",
    }
    assert plant(architecture.cycles, files) == [
        [
            "skewgate/report/page.py:1 imports skewgate.report.charts.svg",
            "skewgate/report/charts/svg.py:2 imports skewgate.report.texts.plain",
            "skewgate/report/texts/plain.py:1 imports skewgate.report.page",
        ]
    ]


def test_a_package_that_imports_its_sub_package_is_no_circle(plant):
    files = {
        "report/__init__.py": "from skewgate.report.charts import svg",
        "report/charts/svg.py": "from skewgate.report.charts import base",
        "report/charts/base.py": "import skewgate",
    }
    assert plant(architecture.cycles, files) == []


def test_a_package_or_module_that_the_order_does_not_know_is_found(plant):
    files = {"helpers/a.py": "", "core/a.py": "", "utils.py": "", "schemas/a.py": ""}
    assert plant(architecture.without_a_place, files) == ["helpers", "utils"]


def test_heavy_imports_count_where_they_are_run_at_load(plant):
    files = {
        "checks/a.py": "try:\n    import tensorflow as tf\nexcept ImportError:\n    tf = None",
        "checks/b.py": "def f():\n    import tensorflow",
        "checks/c.py": "from tensorflow_metadata.proto.v0 import schema_pb2",
        "checks/d.py": "class A:\n    from apache_beam import io",
        "beam/a.py": "import apache_beam",
    }
    assert plant(architecture.heavy_too_low, files) == [
        "skewgate/checks/a.py:2 imports tensorflow",
        "skewgate/checks/d.py:2 imports apache_beam.io",
    ]


def test_tfx_v1_is_found_in_functions_too(plant):
    files = {
        "components/a.py": "def f():\n    from tfx import v1",
        "pipeline/b.py": "from tfx.v1 import dsl\nfrom tfx.types import artifact",
    }
    assert plant(architecture.of_tfx_v1, files) == [
        "skewgate/components/a.py:2 imports tfx.v1",
        "skewgate/pipeline/b.py:1 imports tfx.v1.dsl",
    ]


def test_servers_alone_may_import_a_web_framework(plant):
    files = {
        "serving/server.py": "import starlette",
        "serving/capture/a.py": "def f():\n    import starlette.requests",
        "ui/pages/a.py": "from starlette.responses import Response",
        "rollout/plan.py": "import uvicorn",
    }
    assert plant(architecture.web_outside_servers, files) == [
        "skewgate/rollout/plan.py:1 imports uvicorn",
        "skewgate/serving/capture/a.py:2 imports starlette.requests",
    ]


def test_loose_modules_and_packages_without_a_docstring_are_counted(plant):
    files = {"a.py": "", "core/b.py": "", "core/__init__.py": '"""The words."""'}
    assert plant(architecture.loose_modules, files) == ["skewgate", "skewgate.a"]
    assert plant(architecture.without_a_docstring, files) == ["skewgate"]
