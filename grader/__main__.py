"""Run ``python -m grader`` as the command ``grader``.

Python puts the current folder first on the import path for ``-m``; it is removed before anything
else is imported. Scripts use ``python3 -I -m grader``, which never includes it.
"""

import sys

if not sys.flags.safe_path:
    del sys.path[0]

from grader.cli import main  # only after the path is safe

if __name__ == "__main__":
    raise SystemExit(main())
