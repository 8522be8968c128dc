r"""Convert lines that only IPython can run to Python, keeping line numbers.

>>> python_of("%%time\nif x:\n    !ls\nnp.dot?\n%time y = f()\nz = (7\n     % 4)")
'\nif x:\n    pass\n\ny = f()\nz = (7\n     % 4)'
>>> python_of("names = !ls\npip install numpy")
"names = get_ipython().getoutput('ls')\n"

Shell commands, help and magics without a result are removed. A magic that returns or defines
something becomes a call of ``get_ipython()``, as IPython writes it; `grader.sandbox.guest.shell`
answers these calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

KEPT = frozenset(
    "capture chime debug lprun memit mprun notify prun pyinstrument scalene snakeviz time timeit".split()
)
"""Cell magics that run their cell as Python: the magic's line is removed, the cell stays."""
WRITES = frozenset({"writefile", "file"})
RUN = frozenset({"time", "prun", "memit"})
"""Line magics that run the rest of their line as Python."""

SHELL = """
    pip pip3 conda mamba micromamba uv apt apt-get brew git python python3 jupyter wget curl unzip tar head
    ls ll lf lk ldir lx cd cat cp mv rm rmdir mkdir pwd man more less clear echo touch whoami
    aimport alias alias_magic autoawait autocall automagic autoreload autosave bookmark cls colors config
    connect_info debug
    dhist dirs doctest_mode ed edit env gui hist history killbgscripts load load_ext loadpy logoff logon
    logstart logstate logstop lsmagic macro magic matplotlib notebook page pastebin pdb pdef pdoc pfile
    pinfo pinfo2 popd pprint precision prun psearch psource pushd pycat pylab qtconsole quickref recall
    rehashx reload_ext rep rerun reset reset_selective run save sc set_env store sx system tb time timeit
    unalias unload_ext who who_ls whos xdel xmode
""".split()
"""Words that IPython treats as a command at the beginning of a line, with or without arguments."""

# Patterns are compiled at first use: every command loads this module, but few read a notebook.
WORD = (
    rf"(?:{'|'.join(map(re.escape, sorted(SHELL, key=len, reverse=True)))})(?![\w.])"
    r"(?:\s*$|\s+(?!(?:[-+*/%&|^@:]|//|\*\*|<<|>>)?=|(?:in|is|and|or|if|not|for|else)\b|[,:;)\]}(\[]))"
)
BEGINS = rf"[%!?]|^\s*[,;/]|^\s*(?:{'|'.join(map(re.escape, SHELL))})\b"
"""Matches somewhere in every line that only IPython can run."""
MAGIC = r"(?:%%?|!!?|\?\??|[,;/])"
OPTIONS = r"(?:(?:-[nrplsTD]\s*[\w./]+|--?[A-Za-z][\w-]*)\s+)*"
"""Matches options of ``%prun``, ``%memit`` and ``%%timeit``."""
TIMED = rf"%?(?:{'|'.join(sorted(RUN))})\s+{OPTIONS}(?=[^\s=-])(?P<rest>.*)"
ASSIGNED = r"(?P<target>[^\W\d][\w.,\s*:\[\]'\"]*=\s*)(?P<sign>%(?=[^\W\d])|!)(?P<rest>.*)"
HELP = r"(?:[^\"'#]|'[^']*'|\"[^\"]*\")*\?{1,2}\s*"
CELL_MAGIC = r"\s*%%\s*(?P<name>\w*)[ \t]*(?P<line>.*)"
CAPTURED = r"(?:--?[\w-]+\s+)*(?P<name>[^\W\d]\w*)(?:\s+--?[\w-]+)*\s*$"
PROMPT = r"(?:>>>|\.\.\.)(?: |$)|(?:In \[\d+\]: |\s*\.{3,}: ?)"
LEXEME = r"(?s)\\.|\"\"\"|'''|[\"'#()\[\]{}]"


def python_of(cell: str) -> str:
    """Return a cell as Python: IPython's lines are removed, or become calls of IPython."""
    lines = _without_prompts(_dedented(cell.split("\n")))
    for number, line in enumerate(lines):
        magic = re.match(CELL_MAGIC, line)
        if magic is None and line.strip():
            break
        if magic is None:
            continue
        if magic["name"] in WRITES:
            return "\n" * number + _call("cell_magic", magic, "\n".join(lines[number + 1 :]))
        if magic["name"] not in KEPT:
            return ""
        lines[number] = _instead_of(magic["name"], magic["line"])
    if any(_is_ipython(line.lstrip()) for line in lines if re.search(BEGINS, line)):
        lines = list(_python_lines(lines))
    return "\n".join(lines)


def _instead_of(name: str, line: str) -> str:
    """Return the replacement for the line of a cell magic whose cell is kept."""
    if name == "timeit":
        return re.sub(f"^{OPTIONS}", "", f"{line} ").strip()
    captured = re.match(CAPTURED, line) if name == "capture" else None
    return f"{captured['name']} = get_ipython().captured" if captured else ""


def _call(kind: str, magic: re.Match[str], *text: str) -> str:
    arguments = ", ".join(map(repr, (magic["name"], magic["line"], *text)))
    return f"get_ipython().run_{kind}({arguments})"


def _python_lines(lines: list[str]) -> Iterator[str]:
    """Yield the lines, with IPython's statements replaced."""
    quote, depth, continued, dropping = "", 0, False, False
    for line in lines:
        begins = not (quote or depth or continued)
        dropping = (begins and _is_ipython(line.lstrip())) or (dropping and continued)
        if not dropping:
            quote, depth, continued = _scan(line + "\n", quote, depth)
            yield line
            continue
        continued = line.endswith("\\")
        kept = _written(line) if begins else ""
        if kept.strip() and not continued:
            quote, depth, continued = _scan(kept + "\n", quote, depth)
            dropping = False
        yield kept


def _is_ipython(statement: str) -> bool:
    return bool(
        re.match(MAGIC, statement)
        or re.match(ASSIGNED, statement)
        or re.fullmatch(HELP, statement)
        or re.match(WORD, statement)
    )


def _written(line: str) -> str:
    """Return the replacement for a line of IPython: ``pass`` where a block may need it."""
    statement = line.lstrip()
    indent = line[: len(line) - len(statement)]
    if timed := re.fullmatch(TIMED, statement.rstrip()):
        return indent + timed["rest"]
    if assigned := re.match(ASSIGNED, statement):
        rest = assigned["rest"].rstrip("\\").strip()
        if assigned["sign"] == "!":
            return f"{indent}{assigned['target']}get_ipython().getoutput({rest!r})"
        if timed := re.fullmatch(TIMED, rest):
            return f"{indent}{assigned['target']}{timed['rest']}"
        name, _, argument = rest.partition(" ")
        return f"{indent}{assigned['target']}get_ipython().run_line_magic({name!r}, {argument!r})"
    if run := re.fullmatch(r"%?run\s+(\S.*)", statement.rstrip()):
        return f"{indent}get_ipython().run_line_magic('run', {run[1]!r})"
    return f"{indent}pass" if indent else ""


def _without_prompts(lines: list[str]) -> list[str]:
    """Remove the prompts from a cell that was pasted from a terminal."""
    first = next((line for line in lines if line.strip()), "")
    if not (first.startswith(">>> ") or re.match(r"In \[\d+\]: ", first)):
        return lines
    return [re.sub(PROMPT, "", line, count=1) if re.match(PROMPT, line) else line for line in lines]


def _scan(line: str, quote: str, depth: int) -> tuple[str, int, bool]:
    """Return the state after a line: open quote, open brackets, whether it ends in a backslash."""
    lexeme = ""
    for match in re.finditer(LEXEME, line):
        lexeme = match[0]
        if quote:
            # In 'a''' the first of the three quotes closes; the other two are an empty string.
            closes = lexeme == quote or (len(lexeme) == 3 and lexeme[0] == quote)
            quote = "" if closes else quote
        elif lexeme[0] in "\"'":
            quote = lexeme
        elif lexeme == "#":
            break
        elif lexeme in "([{":
            depth += 1
        elif lexeme in ")]}":
            depth = max(0, depth - 1)
    continued = lexeme == "\\\n"
    if len(quote) == 1 and not continued:
        quote = ""
    return quote, depth, continued


def _dedented(lines: list[str]) -> list[str]:
    """Remove the first line's indentation from the whole cell, as IPython does."""
    first = next((line for line in lines if line.strip()), "")
    indent = first[: len(first) - len(first.lstrip())]
    return [line.removeprefix(indent) for line in lines] if indent else lines
