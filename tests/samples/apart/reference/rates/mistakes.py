"""Mistakes of students, one in each file."""

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
    "square-lost": Hint(
        "The factor of 2 is 5, and yours is 3. What is the square of 2?",
        "Compute the factor of 1, of 2 and of 3 by hand, and print what your function returns for "
        "each of the three. For which of them is it right, and by how much do the others differ? "
        "A function that is right for one number only may have the wrong power in it. Then look at "
        "the costs again: each of them is multiplied with the factor of the number of rows, so one "
        "wrong factor makes all of them wrong.",
    ),
}
MISTAKES = (
    Mistake(
        "line-lost", "rates", swap={"for line in file]": "for line in file][:-1]"}, affects=("cost",)
    ),
    Mistake("square-lost", "cost", swap={"n * n + 1": "n + 1"}),
)
