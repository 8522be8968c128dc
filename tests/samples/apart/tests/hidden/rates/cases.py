from grader.testing import Case


def rates_cases(rng, reference):
    yield Case("rates")


def cost_cases(rng, reference):
    for m in (2, 5, 3):
        yield Case("cost", rng.normal(size=(m, 3)), rng.normal(size=m))
