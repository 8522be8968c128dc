def test_plot(student):
    """plot"""
    fig = student.plot([1, 2, 3])
    [axes] = fig["axes"]
    assert axes["title"] == "Squares"
    assert axes["legend"] == ["square"]
    assert list(axes["lines"][0]["y"]) == [1, 4, 9]


def test_bars(student):
    """bars"""
    assert [bar["height"] for bar in student.bars([3, 4])["bars"]] == [3, 4]
