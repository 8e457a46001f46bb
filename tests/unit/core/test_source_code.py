from __future__ import annotations

import pathlib
import subprocess
import sys
import textwrap

import pytest

import skewgate
from skewgate.core import source_code

FILES = {
    "shop/__init__.py": "",
    "shop/trainer.py": """
        import json
        from shop import features
        from . import losses as ours
        from .deep.layers import *

        def run_fn(fn_args):
            import helpers_of_shop
            import importlib
            importlib.import_module("shop.late")
            importlib.import_module(".later", __package__)
    """,
    "shop/features.py": "from shop.text import clean\n",
    "shop/text.py": "def clean(text): return text\n",
    "shop/losses.py": "",
    "shop/deep/__init__.py": "",
    "shop/deep/layers.py": "from ..deeper import WIDTH\n",
    "shop/deeper.py": "WIDTH = 3\n",
    "shop/late.py": "",
    "shop/later.py": "",
    "shop/unused.py": "",
    "helpers_of_shop.py": "",
    "names_only.py": "from shop import names_only_not_there\n",
    "cycle_a.py": "import cycle_b\n",
    "cycle_b.py": "import cycle_a, missing_package\n",
    "broken.py": "def run_fn(:\n",
    "loader/__init__.py": "",
    "loader/trainer.py": """
        import importlib

        def run_fn(fn_args):
            return importlib.import_module("loader." + fn_args.custom_config["name"])
    """,
    "loader/models/wide.py": "",
}


@pytest.fixture
def code(tmp_path, monkeypatch):
    """A folder of modules that can be imported, and what changes one and asks for a digest."""
    monkeypatch.syspath_prepend(str(tmp_path))
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))

    def digest_after(change: str | None, module: str = "shop.trainer") -> str:
        if change:
            with open(tmp_path / change, "a") as stream:
                stream.write("\n# changed\n")
        return source_code.of([module])

    return digest_after


IMPORTED = [
    "shop/trainer.py",
    "shop/__init__.py",
    "shop/features.py",
    "shop/text.py",
    "shop/losses.py",
    "shop/deep/__init__.py",
    "shop/deep/layers.py",
    "shop/deeper.py",
    "shop/late.py",
    "shop/later.py",
    "helpers_of_shop.py",
]


@pytest.mark.parametrize("changed", IMPORTED)
def test_what_a_module_imports_at_any_depth_is_part_of_it(code, changed):
    before = code(None)
    assert code(None) == before
    assert code(changed) != before


@pytest.mark.parametrize("changed", ["shop/unused.py", "cycle_a.py", "loader/models/wide.py"])
def test_what_it_does_not_import_is_no_part_of_it(code, changed):
    assert code(None) == code(changed)


def test_modules_that_import_each_other_end(code):
    assert code(None, "cycle_a") != code("cycle_b.py", "cycle_a")


def test_of_names_that_are_made_at_runtime_all_modules_of_the_package_count(code):
    before = code(None, "loader.trainer")
    assert code("shop/trainer.py", "loader.trainer") == before
    assert code("loader/models/wide.py", "loader.trainer") != before


def test_what_cannot_be_parsed_or_found_is_told_apart_by_its_bytes_or_its_name(code):
    assert code(None, "broken") != code("broken.py", "broken")
    assert code(None, "nowhere") != code(None, "nowhere_else")
    assert code(None, "names_only") != code("shop/__init__.py", "names_only")


def test_an_installed_package_counts_by_its_version(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "uses_yaml.py").write_text("import yaml\n")
    before = source_code.of(["uses_yaml"])
    monkeypatch.setattr(source_code, "_version", lambda name: f"{name} 99")
    assert source_code.of(["uses_yaml"]) != before


def test_a_user_s_package_counts_by_its_bytes_even_if_it_was_installed(tmp_path, monkeypatch):
    installed = tmp_path / "site-packages"
    for name, text in {
        "mine/a.py": "import mine.b, theirs",
        "mine/b.py": "",
        "theirs.py": "",
    }.items():
        (installed / name).parent.mkdir(parents=True, exist_ok=True)
        (installed / name).write_text(text)
    monkeypatch.syspath_prepend(str(installed))
    before = source_code.of(["mine.a"])
    (installed / "theirs.py").write_text("A = 1")
    assert source_code.of(["mine.a"]) == before
    (installed / "mine" / "b.py").write_text("A = 1")
    assert source_code.of(["mine.a"]) != before


def test_a_file_that_is_no_module_counts_with_what_it_imports(code, tmp_path):
    path = tmp_path / "elsewhere" / "module_file.py"
    path.parent.mkdir()
    path.write_text("import shop.text\n")
    before = source_code.of([], [str(path)])
    with open(tmp_path / "shop" / "text.py", "a") as stream:
        stream.write("# changed\n")
    after = source_code.of([], [str(path)])
    path.write_text("import shop.text \n")
    assert len({before, after, source_code.of([], [str(path)])}) == 3


def test_nothing_is_imported_to_find_out(tmp_path):
    (tmp_path / "loud").mkdir()
    (tmp_path / "loud" / "__init__.py").write_text("raise SystemExit('imported')\n")
    (tmp_path / "loud" / "trainer.py").write_text("import tensorflow\n")
    script = (
        "import sys; from skewgate.core import source_code; "
        "print(len(source_code.of(['loud.trainer'])), 'tensorflow' in sys.modules)"
    )
    root = str(pathlib.Path(skewgate.__file__).parent.parent)
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": f"{tmp_path}:{root}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == "64 False\n"


def test_skewgate_is_known_by_its_version_and_its_sources(monkeypatch, tmp_path):
    before = source_code.own()
    assert before.startswith(f"{skewgate.__version__} ")
    monkeypatch.setattr(skewgate, "__version__", "7.0.0")
    assert source_code.own() == before.replace(before.split()[0], "7.0.0")
    told = []
    for text in ("A = 1\n", "A = 2\n"):
        (tmp_path / "module.py").write_text(text)
        monkeypatch.setattr(skewgate, "__file__", str(tmp_path / "__init__.py"))
        source_code._own_code.cache_clear()
        told.append(source_code.own())
    source_code._own_code.cache_clear()
    assert len({before, *told}) == 3
