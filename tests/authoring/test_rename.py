"""`grader rename`: folders, files, entry and references follow; what only looks alike stays."""

import shutil

import pytest
from places import SAMPLES

from grader.authoring.rename import rename
from grader.course import catalog
from grader.course.yaml_nodes import CatalogError

COURSE = SAMPLES / "outside" / "course"


@pytest.fixture
def course(tmp_path):
    """Return a copy of the sample course, with references to an exercise."""
    shutil.copytree(COURSE, tmp_path / "course")
    hidden = tmp_path / "course/tests/hidden/words"
    hidden.joinpath("cases.py").write_text("words = 3\n")
    test = hidden / "test_words.py"
    test.write_text(f"from words.cases import words\n{test.read_text()}")
    public = tmp_path / "course/exercises/words/test_public.py"
    public.parent.mkdir(parents=True)
    public.write_text('EXERCISE = "words"\nwords = "words.py"\n')
    return tmp_path / "course"


def test_everything_follows(course):
    """The renamed course loads, and no reference to the old name is left."""
    said = list(rename(course, "words", "vocabulary"))
    assert "reference/words/ -> reference/vocabulary/" in said
    assert "assignments.yaml: name: vocabulary" in said
    assert "vocabulary" == catalog.load(course).assignment("vocabulary").name
    test = (course / "tests/hidden/vocabulary/test_vocabulary.py").read_text()
    assert test.startswith("from vocabulary.cases import words\n")
    public = (course / "exercises/vocabulary/test_public.py").read_text()
    assert 'EXERCISE = "vocabulary"\nwords = "vocabulary.py"\n' == public


def test_submitted_files_keep_their_names(course):
    """The names in ``files:`` are the author's, even where one is that of the exercise."""
    list(rename(course, "ledger", "accounts"))
    assert (course / "reference/accounts/ledger.py").is_file()
    assert ("ledger.py", "entries.py") == catalog.load(course).assignment("accounts").files


def test_a_folder_left_behind_follows_the_entry(course):
    """After the entry was renamed by hand, the folders follow: `validate` says to do so."""
    listing = course / "assignments.yaml"
    listing.write_text(listing.read_text().replace("name: tidy", "name: neat"))
    list(rename(course, "tidy", "neat"))
    assert "neat" == catalog.load(course).assignment("neat").name


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("nope", "fresh", "unknown assignment 'nope'"),
        ("word", "fresh", "did you mean words?"),
        ("words", "tidy", "has an assignment 'tidy' already"),
        ("words", "json", "is the name of a Python module"),
        ("words", "a-b", "lower-case letters"),
        ("words", "with space", "lower-case letters"),
    ],
)
def test_a_wrong_name_changes_nothing(course, old, new, why):
    """The reason is one line, and the files are as they were."""
    before = {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}
    with pytest.raises(CatalogError, match=why):
        list(rename(course, old, new))
    assert before == {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}
