import pytest

from . import cases


@pytest.mark.points(40)
def test_rates(check):
    """rates: the numbers of the file"""
    check(cases.rates_cases)


@pytest.mark.points(60)
def test_cost(check):
    """cost: the costs"""
    check(cases.cost_cases, own=("rates",))
