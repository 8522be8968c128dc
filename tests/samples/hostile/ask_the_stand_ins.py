"""answers: asks the stand-in modules and the inert objects for what they stand in for"""


def attack():
    import grader
    import grader.judging
    import IPython
    import matplotlib.pyplot as plt
    from grader.selfcheck import check

    things = [grader, grader.judging, check, plt, IPython.get_ipython(), plt.subplots()]
    found = []
    for thing in things:
        for name in ("reference", "solution", "__loader__", "__file__", "answers"):
            value = getattr(thing, name, None)
            if isinstance(value, (str, bytes, dict)) and value:
                found.append((name, value))
    return found
