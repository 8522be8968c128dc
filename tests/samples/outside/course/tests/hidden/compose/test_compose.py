import pytest


@pytest.mark.points(5)
def test_compose(student):
    """compose: the last function is applied first"""
    double, add = student.eval("lambda x: 2 * x"), student.eval("lambda x: x + 3")
    assert student.compose(double, add)(4) == 14
    assert student.compose()(4) == 4


@pytest.mark.points(5)
def test_counted(student):
    """counted: calls are counted"""
    add = student.counted(student.eval("lambda a, b=0: a + b"))
    assert [add(1), add(1, b=2), add(5, 5)] == [1, 3, 10]
    assert add.calls == 3
    assert student.counted(student.eval("abs")).calls == 0, "each function has a count of its own"
