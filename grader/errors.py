"""The base class of all errors that are reported to the user in one line."""

from __future__ import annotations


class UserError(Exception):
    """An error whose text tells the user what is wrong and what to do.

    The command line prints it in one line and exits with status 2. Every room derives its own
    errors from this class.
    """
