import pytest

from skewgate.schema.inference.paths import serialize


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        (["fare"], "fare"),
        (["trip", "fare"], "trip.fare"),
        (["trip.fare"], "'trip.fare'"),
        (["driver's"], "'driver''s'"),
        ([""], "''"),
        (["(fare)"], "(fare)"),
        (["(fare"], "'(fare'"),
        (["(a)(b)"], "'(a)(b)'"),
        (["two\nlines"], "two\nlines"),
        (["trip", "pay.ment", "été"], "trip.'pay.ment'.été"),
    ],
)
def test_what_could_be_taken_for_something_else_is_quoted(steps, text):
    assert serialize(steps) == text
