"""leak: warns, logs and writes to stderr what it was given"""
import logging
import sys
import warnings


def attack():
    return None


def answer(function, arguments):
    warnings.warn(f"LEAK {arguments!r}", stacklevel=1)
    logging.error("LEAK %r", arguments)
    sys.stderr.write(f"LEAK {arguments!r}")
    sys.excepthook(ValueError, ValueError(f"LEAK {arguments!r}"), None)
    return _wrong(function, arguments)
