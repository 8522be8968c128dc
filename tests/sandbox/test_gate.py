"""What an allowed package imports for itself, and what a submission imports."""

import importlib
import sys

import pytest

from grader.sandbox.guest.imports import Gate

PACKAGES = {
    "outer": "def use():\n    import termcolor\n    return termcolor.number",
    "termcolor": "from inner import number",
    "inner": "number = 3",
}
"""Each needs the next one; ``termcolor`` is also the name of a stand-in."""


@pytest.fixture(autouse=True)
def packages(tmp_path, monkeypatch):
    """Three packages, of which the assignment allows the first."""
    for name, source in PACKAGES.items():
        (tmp_path / f"{name}.py").write_text(f"{source}\n")
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [Gate(["outer"]), *sys.meta_path])
    yield
    for name in PACKAGES:
        sys.modules.pop(name, None)


def test_an_allowed_package_imports_what_it_needs():
    """It may load others long after itself, also one that has a stand-in."""
    assert importlib.import_module("outer").use() == 3


@pytest.mark.parametrize("by", [importlib.import_module, __import__])
def test_a_submission_may_not_import_them_itself(by):
    """The package is allowed, what it needs is not, whoever does the importing for the caller."""
    by("outer")
    with pytest.raises(ModuleNotFoundError, match="inner is not among the modules"):
        by("inner")
    assert not hasattr(by("termcolor"), "__file__")


def test_written_files_in_folders_are_packages(monkeypatch):
    """With and without ``__init__.py``, nested, and relative imports inside."""
    gate = sys.meta_path[0]
    gate.written = {
        "tools.__init__": ("tools/__init__.py", "from . import text\nfrom .deep.more import two"),
        "tools.text": ("tools/text.py", "one = 1"),
        "tools.deep.more": ("tools/deep/more.py", "from ..text import one\ntwo = one + 1"),
        "plain.inside": ("plain/inside.py", "three = 3"),
    }
    tops = ("tools", "tools.text", "tools.deep", "tools.deep.more", "plain", "plain.inside")
    for name in tops:
        monkeypatch.delitem(sys.modules, name, raising=False)
    made = importlib.import_module("tools")
    assert (1, 2, 3) == (made.text.one, made.two, importlib.import_module("plain.inside").three)
    with pytest.raises(ModuleNotFoundError, match="tool is not among the modules"):
        importlib.import_module("tool")
    for name in tops:
        sys.modules.pop(name)


def test_the_caller_is_what_decides(monkeypatch):
    """If nothing asks who imports, a package gets a stand-in where it needs the real one."""
    monkeypatch.setattr(Gate, "_asked_by_package", lambda self: False)
    assert importlib.import_module("outer").use() != 3
