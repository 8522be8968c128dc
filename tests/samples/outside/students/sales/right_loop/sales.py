import pandas as pd


def revenue(table):
    values = [row["price"] * row["count"] for _, row in table.iterrows()]
    return pd.concat([table, pd.DataFrame({"revenue": values})], axis=1)


def by_shop(table):
    totals = {}
    for _, row in revenue(table).iterrows():
        totals[row["shop"]] = totals.get(row["shop"], 0.0) + row["revenue"]
    return pd.Series(totals, name="revenue").sort_index()
