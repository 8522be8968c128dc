from pathlib import Path

import pytest


@pytest.mark.points(4)
@pytest.mark.public
def test_read(student):
    """read: the file that comes with the exercise"""
    assert student.read("rain.csv") == [(1, 0.0), (2, 4.5), (3, 12.25), (4, 3.0)]


@pytest.mark.points(3)
def test_other_file(student):
    """wettest: the rain of June"""
    assert student.wettest() == 3
    assert student.wettest("more/june.csv") == 1


@pytest.mark.points(3)
def test_hidden_file(student):
    """read: a file that students do not have"""
    text = (Path(__file__).parent / "data" / "july.csv").read_text()
    student.exec("import io, builtins")
    student.exec(f"july = {text!r}")
    student.exec("student.open = lambda *args, **kwargs: io.StringIO(july)")
    assert student.read("july.csv") == [(7, 3.5), (8, 9.75), (9, 1.0)]
