import pytest


@pytest.mark.points(5)
def test_total(student, rng):
    """Ledger: the total of what was booked"""
    amounts = [int(n) for n in rng.integers(-500, 900, size=4)]
    ledger = student.Ledger()
    for number, amount in enumerate(amounts):
        assert ledger.book(f"entry {number}", amount).amount == amount
    assert ledger.total() == sum(amounts)


@pytest.mark.points(5)
def test_in_euros(student):
    """in_euros: a line of text"""
    entry = student.Ledger().book("rent", 1205)
    assert student.module("entries").in_euros(entry) == "rent: 12.05 EUR"
