"""``python -m grader`` is the command ``grader``.

Python puts the current folder first on its path for this; it is taken off before anything of ours
is imported. Scripts use ``python3 -I -m grader``, which never has it.
"""

import sys

if not sys.flags.safe_path:
    del sys.path[0]

from grader.cli import main  # only after the path is safe

if __name__ == "__main__":
    raise SystemExit(main())
