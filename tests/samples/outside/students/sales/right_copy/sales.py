import pandas as pd


def revenue(table):
    result = table.copy()
    result["revenue"] = result["price"] * result["count"]
    return result


def by_shop(table):
    totals = revenue(table).groupby("shop").agg({"revenue": "sum"})
    return totals["revenue"]
