"""What goes and what stays, decided of facts alone."""

from __future__ import annotations

import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from skewgate.components.support.data_times import DataTime
from skewgate.data.windows import durations
from skewgate.pipeline.limits import Retention
from skewgate.pipeline.retention import plan as plan_lib
from skewgate.pipeline.retention import records as records_lib
from skewgate.pipeline.retention.facts import (
    Artifact,
    Facts,
    Leftover,
    Log,
    Metadata,
    References,
    Run,
    Scratch,
    StateRecord,
    Unknown,
    Version,
)

HOUR, DAY = 3_600.0, 86_400.0
NOW = 1_790_000_000.0
P = "taxi-monitoring"
MIDNIGHT = datetime.datetime(2026, 11, 1)


def artifact(number, node="Drift", output="report"):
    place = (node, output, str(number))
    return Artifact("/srv/artifacts/" + "/".join((P, *place)), 3, 1_000 + number, place, number)


def uri(number, node="Drift", output="report"):
    return artifact(number, node, output).path


def run(name, age, good=True, executions=(), uris=(), records=()):
    return Run(name, NOW - age, good, frozenset(executions), frozenset(uris), frozenset(records))


def record(day, rows=None, uris=(), age=None):
    """A record that was written on some day of November, of the rows of that or another day."""
    start = MIDNIGHT + datetime.timedelta(days=day if rows is None else rows)
    return StateRecord(
        f"/srv/state/{P}/{name(day)}",
        2,
        50,
        name(day),
        NOW - (30 - day if age is None else age) * DAY,
        DataTime(start, start + datetime.timedelta(days=1)),
        frozenset(uris),
    )


def name(day):
    return (MIDNIGHT + datetime.timedelta(days=day)).strftime("%Y%m%dT%H%M%S.%fZ")


def facts(*items, runs=(), last=1_000, references=(), **more):
    metadata = Metadata(runs=tuple(runs), last_execution=last, **more)
    return Facts(P, NOW, metadata, items, frozenset(references))


def decided(found, **limits):
    if "keep" in limits:
        limits["keep"] = durations.parse(limits["keep"])
    return plan_lib.plan(found, Retention.model_construct(**limits))


def gone(plan):
    """Returns the ends of the paths of what goes."""
    return {each.item.path.rpartition("/")[2] for each in plan.decisions if each.removed}


def test_runs_beyond_an_age_go_with_what_is_theirs_alone():
    runs = [
        run("new", 1 * DAY, executions=[30], uris=[uri(30), uri(10)]),
        run("old", 9 * DAY, executions=[20], uris=[uri(20)]),
        run("oldest", 12 * DAY, executions=[10, 11], uris=[uri(10), uri(11)]),
    ]
    plan = decided(facts(*map(artifact, (10, 11, 20, 30)), runs=runs), keep="1w")
    assert plan.runs == {"new": plan_lib.WITHIN, "old": "", "oldest": ""}
    assert plan.executions == {10, 11, 20}
    assert gone(plan) == {"11", "20"}  # the newest has taken 10 from the cache
    why = {each.item.execution: each.why for each in plan.decisions}
    assert why[10] == plan_lib.REFERRED
    assert why[30] == plan_lib.OF_KEPT_RUN


def test_an_age_is_a_bound_that_belongs_to_what_stays():
    runs = [run("a", 0), run("b", 7 * DAY), run("c", 7 * DAY + 1)]
    assert decided(facts(runs=runs), keep="1w").removed_runs == {"c"}


def test_good_and_failed_runs_are_counted_apart():
    runs = [run(f"good-{age}", age * HOUR) for age in (2, 4, 6)]
    runs += [run(f"failed-{age}", age * HOUR, good=False) for age in (1, 3, 5, 7, 9)]
    plan = decided(facts(runs=runs), runs=2, failed_runs=3)
    assert plan.removed_runs == {"good-6", "failed-7", "failed-9"}
    assert decided(facts(runs=runs), runs=1).removed_runs == {"good-4", "good-6"}


def test_both_bounds_hold():
    runs = [run(str(age), age * DAY) for age in range(9)]
    assert decided(facts(runs=runs), runs=3, keep="5d").removed_runs == set("345678")
    assert decided(facts(runs=runs), runs=8, keep="5d").removed_runs == set("678")


def test_the_newest_run_and_the_newest_good_run_stay_whatever_their_age():
    runs = [
        run("failed", 50 * DAY, good=False),
        run("good", 60 * DAY),
        run("older", 70 * DAY),
        run("older failed", 70 * DAY, good=False),
    ]
    plan = decided(facts(runs=runs), keep="1h", failed_runs=0)
    assert plan.runs == {
        "failed": plan_lib.NEWEST,
        "good": plan_lib.NEWEST_GOOD,
        "older": "",
        "older failed": "",
    }


def test_the_run_that_made_what_is_served_stays_though_later_ones_repeat_it():
    served = record(5, uris=[uri(10, "Trainer", "model")])
    runs = [
        run("repeats", 1 * DAY, executions=[30], records=[served.name]),
        run("repeated", 20 * DAY, executions=[20], records=[served.name]),
        run("made it", 25 * DAY, executions=[10, 11], records=[served.name]),
        run("before", 27 * DAY, executions=[8]),
    ]
    items = (served, artifact(10, "Trainer", "model"), artifact(11), artifact(20), artifact(8))
    plan = decided(facts(*items, runs=runs), runs=1)
    assert plan.runs["made it"] == plan_lib.ORIGIN
    assert gone(plan) == {"20", "8"}


def test_what_the_records_that_stay_name_stays_without_any_run():
    older, newest = (record(day, uris=[uri(day, "Examples", "examples")]) for day in (3, 9))
    items = [artifact(day, "Examples", "examples") for day in (3, 9)]
    plan = decided(facts(older, newest, *items), runs=1)
    assert gone(plan) == {older.name, "3"}


def test_what_other_pipelines_refer_to_stays_by_whatever_path_they_name_it():
    items = [artifact(1, "Trainer", "model"), artifact(2, "Trainer", "model"), record(1), record(2)]
    references = [f"/moved/elsewhere/{P}/Trainer/model/1", f"s3://b/state/{P}/{name(1)}/statistics"]
    found = facts(*items, references=references)
    assert gone(decided(found, runs=1)) == {"2"}
    above = facts(*items, references=[f"/srv/artifacts/{P}"])
    assert gone(decided(above, runs=1)) == set()


def test_a_name_of_the_pipeline_further_up_in_a_path_hides_no_reference():
    found = facts(artifact(1), references=[f"/elsewhere/{P}/srv/artifacts/{P}/Drift/report/1"])
    assert gone(decided(found, runs=1)) == set()


def test_what_is_not_understood_stays_with_the_reason():
    items = [
        Unknown("/srv/artifacts/notes.txt", 1, 5, "is not the folder of a node"),
        artifact(99),
        artifact(7),
        artifact(6),
    ]
    found = facts(*items, last=50, loose=frozenset({7}))
    plan = decided(found, runs=1)
    assert [each.why for each in plan.decisions] == [
        "is not the folder of a node",
        plan_lib.AHEAD,
        plan_lib.OF_NO_RUN,
        "",
    ]


def test_without_ml_metadata_no_artifact_goes():
    found = Facts(P, NOW, None, (artifact(1), Scratch("/srv/x", 0, 0)))
    assert {each.why for each in decided(found, runs=1).decisions} == {plan_lib.NO_DATABASE}


def test_an_execution_of_two_runs_stays_as_long_as_one_of_them():
    runs = [run("new", 1, executions=[1, 2]), run("old", 9, executions=[1, 3])]
    assert decided(facts(runs=runs), runs=1).executions == {3}


def test_logs_go_with_their_runs_and_those_of_no_run_count_as_failed():
    run_ids = [f"20260901T0000{second:02d}Z-0000000{second}" for second in range(6)]
    logs = [Log(f"/srv/logs/{each}", 1, 10, each) for each in run_ids]
    began = logs[0].started
    runs = [
        Run(run_ids[5], began + 5, good=True),
        Run(run_ids[2], began + 2, good=True),
        Run(run_ids[4], began + 4, good=False),
    ]
    plan = decided(facts(*logs, runs=runs), runs=1, failed_runs=2)
    assert gone(plan) == {run_ids[0], run_ids[1], run_ids[2]}
    assert plan.executions == set()


def test_folders_of_nodes_at_work_go_unless_an_execution_that_stays_has_them():
    items = [
        Scratch("/x/driver", 0, 0),
        Scratch("/x/of-kept", 0, 0, "of-kept"),
        Scratch("/x/of-removed", 1, 5, "of-removed"),
        Scratch("/x/of-nobody", 1, 5, "of-nobody"),
    ]
    runs = [run("new", 1, executions=[8]), run("old", 2, executions=[7])]
    folders = {"of-kept": 8, "of-removed": 7}
    plan = decided(facts(*items, runs=runs, working_folders=folders), runs=1)
    assert gone(plan) == {"driver", "of-removed", "of-nobody"}


def test_versions_of_the_model_stay_unless_they_are_limited():
    versions = [Version(f"/srv/serving/taxi/{each}", 4, 9, each) for each in (9, 10, 11, 100)]
    found = facts(*versions)
    assert gone(decided(found, runs=1)) == set()
    assert gone(decided(found, models=2)) == {"9", "10"}
    pushed = [run("new", 1, uris=["/elsewhere/serving/taxi/9"])]
    assert gone(decided(facts(*versions, runs=pushed), models=1)) == {"10", "11"}


def test_what_is_half_written_goes():
    assert gone(decided(facts(Leftover("/srv/.0123.removed", 1, 1)), runs=1)) == {".0123.removed"}


# Records: no lookup finds another one than before.


def lookup(found, rows):
    """Returns what `State.before` finds: the nearest rows before some, of the same the newest."""
    ordered = sorted(found, key=lambda each: each.name, reverse=True)
    earlier = [each for each in ordered if each.rows.is_before(rows)]
    return max(earlier, key=lambda each: each.rows.nearness(rows), default=None)


def staying(found, named=(), references=(), **limits):
    if "keep" in limits:
        limits["keep"] = durations.parse(limits["keep"])
    ordered = sorted(found, key=lambda each: each.name, reverse=True)
    why = records_lib.reasons(
        ordered, set(named), References(references, P), NOW, Retention.model_construct(**limits)
    )
    return {name for name, reason in why.items() if reason}, why


def test_old_records_go_and_the_newest_stays():
    found = [record(day) for day in (1, 2, 3, 4)]
    assert staying(found, runs=2)[0] == {name(3), name(4)}
    assert staying(found, keep="1h")[0] == {name(4)}


def test_the_record_of_the_last_rows_stays_though_late_runs_came_after_it():
    found = [*(record(day) for day in (1, 2, 3, 4, 5)), record(9, rows=2), record(10, rows=3)]
    kept, why = staying(found, runs=1)
    assert kept == {name(5), name(10)}
    assert why[name(5)] == records_lib.LAST_ROWS


def test_what_failed_runs_refer_to_keeps_nothing_that_came_after_it():
    found = [record(day) for day in range(1, 9)]
    kept, _ = staying(found, references=[f"/srv/state/{P}/{name(2)}/statistics"], runs=2)
    assert kept == {name(2), name(7), name(8)}


def test_a_repeated_run_replaces_the_record_of_the_same_rows():
    found = [record(1), record(2), record(3, rows=2)]
    assert staying(found, runs=1)[0] == {name(3)}


@st.composite
def _records(draw):
    kind = draw(st.sampled_from(["windows", "spans", "both", "neither"]))
    found = []
    for day in range(draw(st.integers(1, 8))):
        start = MIDNIGHT + datetime.timedelta(days=draw(st.integers(0, 6)))
        end = start + datetime.timedelta(days=draw(st.integers(1, 2)))
        span = draw(st.integers(0, 4)) if kind in ("spans", "both") else 0
        windowed = kind == "windows" or (kind == "both" and draw(st.booleans()))
        rows = DataTime(start, end, span) if windowed else DataTime(span=span)
        uris = frozenset({uri(draw(st.integers(1, 9)))})
        made = record(day, uris=uris)
        found.append(StateRecord(made.path, 1, 1, made.name, made.written, rows, uris))
    return found


@given(found=_records(), runs=st.integers(1, 9), named=st.sets(st.integers(0, 8)))
@settings(max_examples=150, deadline=None)
def test_a_lookup_finds_what_it_would_have_found_or_that_it_was_removed(found, runs, named):
    kept, why = staying(found, named=map(name, named), runs=runs)
    left = [each for each in found if each.name in kept]
    ordered = sorted(found, key=lambda each: each.name, reverse=True)
    removed = records_lib.removal(ordered, why)
    assert max(each.name for each in left) == max(each.name for each in found)
    for day in range(10):
        start = MIDNIGHT + datetime.timedelta(days=day)
        rows = DataTime(start, start + datetime.timedelta(days=1))
        for asked in (rows, DataTime(span=day + 1)):
            before, after = lookup(found, asked), lookup(left, asked)
            hidden = after is not None and removed.hides(after.rows, asked)
            if hidden or (after is None and removed.held_before(asked)):
                assert before is not None
            else:
                assert after == before


@given(found=_records(), runs=st.integers(1, 9))
@settings(max_examples=150, deadline=None)
def test_what_comes_after_all_rows_is_always_answered(found, runs):
    kept, why = staying(found, runs=runs)
    left = [each for each in found if each.name in kept]
    ordered = sorted(found, key=lambda each: each.name, reverse=True)
    removed = records_lib.removal(ordered, why)
    later = MIDNIGHT + datetime.timedelta(days=99)
    for asked in (DataTime(later, later + datetime.timedelta(days=1)), DataTime(span=99)):
        before, after = lookup(found, asked), lookup(left, asked)
        assert after == before
        assert after is None or not removed.hides(after.rows, asked)


@st.composite
def _worlds(draw):
    runs, number = [], 0
    for index in range(draw(st.integers(0, 8))):
        executions = range(number + 1, number + 1 + draw(st.integers(0, 3)))
        number = executions.stop - 1
        read = draw(st.sets(st.integers(1, max(number, 1)), max_size=3))
        recorded = draw(st.sets(st.integers(0, 5), max_size=1))
        runs.append(
            run(
                str(index),
                draw(st.integers(0, 40)) * DAY,
                draw(st.booleans()),
                executions,
                map(uri, {*executions, *read}),
                map(name, recorded),
            )
        )
    found = [
        record(day, uris=[uri(draw(st.integers(1, max(number, 1))))])
        for day in draw(st.sets(st.integers(0, 5)))
    ]
    items = [*map(artifact, range(1, number + 2)), *found]
    references = map(uri, draw(st.sets(st.integers(1, number + 1), max_size=2)))
    limits = {"runs": draw(st.integers(1, 4)), "failed_runs": draw(st.integers(0, 3))}
    if draw(st.booleans()):
        limits["keep"] = f"{draw(st.integers(1, 40))}d"
    return facts(*items, runs=runs, last=number + 1, references=references), limits


@given(world=_worlds())
@settings(max_examples=150, deadline=None)
def test_nothing_that_is_referred_to_is_ever_removed(world):
    found, limits = world
    plan = decided(found, **limits)
    gone_paths = {each.item.path for each in plan.decisions if each.removed}
    kept_runs = [each for each in found.metadata.runs if plan.runs[each.run_id]]
    kept_records = [
        each.item
        for each in plan.decisions
        if isinstance(each.item, StateRecord) and not each.removed
    ]
    for one in (*kept_runs, *kept_records):
        assert gone_paths.isdisjoint(one.uris)
    assert gone_paths.isdisjoint(found.references)
    for one in kept_runs:
        assert plan.executions.isdisjoint(one.executions)
        assert gone_paths.isdisjoint(f"/srv/state/{P}/{each}" for each in one.records)
    newest = max((each.name for each in kept_records), default=None)
    everything = [each for each in found.items if isinstance(each, StateRecord)]
    assert newest == max((each.name for each in everything), default=None)


@given(world=_worlds())
@settings(max_examples=100, deadline=None)
def test_what_is_decided_twice_is_decided_the_same(world):
    """Once a plan is carried out, nothing more goes."""
    found, limits = world
    first = decided(found, **limits)
    left = facts(
        *(each.item for each in first.decisions if not each.removed),
        runs=[each for each in found.metadata.runs if first.runs[each.run_id]],
        last=found.metadata.last_execution,
        references=found.references,
    )
    second = decided(left, **limits)
    assert second.removed_runs == set()
    assert gone(second) == set()


def test_the_time_of_a_log_is_that_of_its_run():
    assert Log("/x", 1, 1, "20260901T000000Z-0123abcd").started == 1_788_220_800.0
