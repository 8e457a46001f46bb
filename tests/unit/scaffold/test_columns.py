"""What each column is good for."""

import pyarrow as pa
import pytest

from skewgate.scaffold import columns
from skewgate.scaffold.columns import Role
from tests.unit.scaffold.conftest import trips, with_times


@pytest.fixture
def described(look):
    def describe(table):
        found = look(table)
        return columns.describe(found.profile, found.names)

    return describe


def test_columns_have_a_role_in_the_order_of_the_data(described):
    found = described(with_times(trips()))
    assert {name: each.role for name, each in found.items()} == {
        "trip": Role.NOTHING,
        "fare": Role.NUMBER,
        "shared": Role.NUMBER,
        "paid": Role.CATEGORY,
        "city": Role.NOTHING,
        "tip": Role.NUMBER,
        "started": Role.TIME,
    }
    assert list(found) == with_times(trips()).column_names
    assert (found["tip"].whole, found["fare"].whole) == (True, False)


def test_it_is_said_why_a_column_is_good_for_nothing(described):
    found = described(trips())
    assert found["trip"].reason == "numbers the rows, 0 to 399"
    assert found["city"].reason == "holds one value, 'Chicago'"
    assert found["fare"].reason == ""


@pytest.mark.parametrize(
    ("name", "first", "role"),
    [
        ("start_time", 1_451_606_400, Role.TIME),
        ("start_miles", 1_451_606_400, Role.NUMBER),
        ("start_time", 1_000, Role.NUMBER),
    ],
)
def test_seconds_since_1970_are_known_by_size_and_name(described, name, first, role):
    values = [first + 7 * number**2 for number in range(60)]
    assert described(pa.table({name: values}))[name].role is role


@pytest.mark.parametrize(
    ("name", "days", "orders"),
    [("started", 300, True), ("birth_date", 300, False), ("started", 20_000, False)],
)
def test_a_date_of_birth_and_what_spans_decades_order_no_rows(look, name, days, orders):
    seconds = [number * 86_400 * days // 50 for number in range(50)]
    table = pa.table({name: pa.array(seconds, pa.timestamp("s")), "fare": [1.5] * 50})
    side = look(table).profile.slices[""][name]
    assert columns.orders_rows(name, side) is orders
