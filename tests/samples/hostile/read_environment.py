"""answers: looks for a secret or a path in the environment and in the arguments of the program"""
import ctypes
import os
import sys

KNOWN = {"PATH", "HOME", "LANG", "PYTHONHASHSEED", "PYTHONUTF8", "PWD", "LC_CTYPE", "OPENBLAS_NUM_THREADS",
         "OMP_NUM_THREADS", "MKL_NUM_THREADS", "SHLVL", "_"}


def attack():
    array = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
    in_c, i = [], 0
    while array[i]:
        in_c.append(array[i].decode().partition("=")[0])
        i += 1
    more = [name for name in {*os.environ, *in_c} if name not in KNOWN]
    told = [a for a in (*sys.argv, *sys.orig_argv) if any(w in a for w in ("secret", "hidden", "seed", "results"))]
    return more or told
