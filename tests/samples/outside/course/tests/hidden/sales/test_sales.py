import pandas as pd
import pytest


def table():
    return pd.DataFrame(
        {"shop": ["N", "S", "N"], "price": [2.0, 3.5, 1.25], "count": [3, 2, 4]}
    )


@pytest.mark.points(5)
def test_revenue(student, reference):
    """revenue: a new column"""
    given = table()
    pd.testing.assert_frame_equal(student.revenue(given), reference.revenue(table()))
    assert list(given.columns) == ["shop", "price", "count"], "the given table has been changed"


@pytest.mark.points(5)
def test_by_shop(student):
    """by_shop: the total of each shop"""
    found = student.by_shop(table())
    assert found["N"] == 11.0
    assert found["S"] == 7.0
    assert list(found.index) == ["N", "S"]
