import doctest
import pathlib

PAGE = pathlib.Path(__file__).parents[3] / "docs" / "python.md"


def test_the_examples_of_the_page_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = doctest.testfile(
        str(PAGE), module_relative=False, optionflags=doctest.ELLIPSIS, encoding="utf-8"
    )
    assert result.attempted > 15
    assert result.failed == 0
