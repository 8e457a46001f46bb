"""The campaign tries every command and every file that one reads, and so does its tenth part."""

from __future__ import annotations

import argparse
import collections

import pytest

from skewgate.cli.parser import build_parser
from tests.faults import cases, mutations, plans
from tests.faults.corpus import STATISTICS, TABLES

FILES = {"FILE", "DIR", "SPEC", "STATS"}
"""How the help calls files and folders that an option names."""


def parser_of(command: str) -> argparse.ArgumentParser:
    parser = build_parser()
    for word in command.split():
        (below,) = (each for each in parser._actions if each.choices and word in each.choices)
        parser = below.choices[word]
    return parser


@pytest.mark.parametrize("command", list(cases.commands()))
def test_a_command_has_a_case(command):
    assert cases.of(command), f"add a case of `{command}` to CASES in tests/faults/cases.py"


def test_there_is_no_case_of_a_command_that_is_not():
    assert {case.command for case in cases.CASES} == set(cases.commands())


@pytest.mark.parametrize("command", list(cases.commands()))
def test_each_option_that_names_a_file_is_in_a_case(command):
    used = {word for case in cases.of(command) for word in case.words}
    for action in parser_of(command)._actions:
        if action.option_strings and action.metavar in FILES:
            assert used & set(action.option_strings), f"{command} {action.option_strings[0]}"


def test_cases_parse():
    for case in cases.CASES:
        build_parser().parse_args(case.line())


def test_each_mutation_changes_a_file_of_its_format():
    import random

    data = b"version: 1\nfare,miles\n" + b"1.5,20\n" * 40
    for name in (*TABLES, *STATISTICS, "drift.yaml", "report.json"):
        for title, change in mutations.of(name).items():
            changed = [change(data, random.Random(seed)) for seed in range(5)]
            assert any(each != data for each in changed), title
            assert changed[0] == change(data, random.Random(0))


def test_a_campaign_is_the_same_each_time_and_its_jobs_have_names_of_their_own():
    found = [job.id for job in plans.plan(list(plans.KINDS), 1.0, 18)]
    assert found == [job.id for job in plans.plan(list(plans.KINDS), 1.0, 18)]
    assert [name for name, count in collections.Counter(found).items() if count > 1] == []


def test_the_whole_campaign_is_as_large_as_promised():
    found = collections.Counter(job.kind for job in plans.plan(list(plans.KINDS), 1.0, 18))
    assert found["inputs"] + found["environments"] >= 2_000
    assert found["kills"] >= 50
    sizes = collections.Counter(
        job.command for job in plans.plan(["full-disk"], 1.0, 18) if not job.heavy
    )
    assert set(sizes.values()) == {20}


def test_a_tenth_of_the_campaign_has_each_kind_and_each_command():
    whole, tenth = (plans.plan(list(plans.KINDS), share, 18) for share in (1.0, 0.1))
    assert {(job.kind, job.command) for job in tenth} == {(job.kind, job.command) for job in whole}
    assert len(tenth) < len(whole) / 5
    tried = {case.command for case in cases.CASES if case.reads}
    assert {job.command for job in tenth if job.kind == "inputs"} >= tried
