"""Rain of a month

The file rain.csv lies beside this one. Each line has a day and the millimetres of rain.
"""

import csv


def read(path="rain.csv"):
    """Return a list of (day, millimetres) of a file, an int and a float each."""
    # BEGIN SOLUTION
    with open(path, newline="") as file:
        return [(int(row["day"]), float(row["mm"])) for row in csv.DictReader(file)]
    # END SOLUTION


def wettest(path="rain.csv"):
    """Return the day with the most rain."""
    # BEGIN SOLUTION
    return max(read(path), key=lambda row: row[1])[0]
    # END SOLUTION
