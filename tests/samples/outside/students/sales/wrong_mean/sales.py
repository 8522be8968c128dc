def revenue(table):
    table["revenue"] = table["price"] + table["count"]
    return table


def by_shop(table):
    return revenue(table).groupby("shop").mean(numeric_only=True)
