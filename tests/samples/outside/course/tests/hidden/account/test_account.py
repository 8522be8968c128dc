import pytest


@pytest.mark.points(4)
def test_deposit(student, rng):
    """deposit: the balance grows"""
    first, second = (int(n) for n in rng.integers(2, 90, size=2))
    account = student.Account(first)
    assert account.deposit(second) == first + second, "deposit returns the new balance"
    assert account.balance == first + second
    assert account.movements == [second]


@pytest.mark.points(2)
def test_refused(student):
    """deposit: nothing negative"""
    account = student.Account(5)
    with pytest.raises(ValueError):
        account.deposit(-1)
    assert account.balance == 5


@pytest.mark.points(2)
def test_own_movements(student):
    """Account: each has movements of its own"""
    first, second = student.Account(1), student.Account(2)
    first.deposit(3)
    assert first.movements == [3]
    assert second.movements == [], "the movements of two accounts are one list"


@pytest.mark.points(2)
def test_sum(student):
    """Account: two accounts together"""
    both = student.Account(3) + student.Account(4)
    assert both.balance == 7
    assert both.call("__repr__") == "Account(7)"
