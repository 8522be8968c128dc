"""A mistake of students in the main file."""

from grader.testing import Hint, Mistake

HINTS = {
    "line-lost": Hint(
        "The file has more lines than you have rates. Where does your loop end?",
        "Count the lines of the file, then print the length of the array that you return. "
        "Compare the two numbers, and look at the first and the last entry of your array: "
        "which line of the file is each of them from? Write down by hand which lines the loop "
        "reads, one after the other, and when it stops. Then do the same with a file of one "
        "line, and with an empty file.",
    ),
}
MISTAKES = (
    Mistake(
        "line-lost", "rates", swap={"for line in file]": "for line in file][:-1]"}, affects=("cost",)
    ),
)
