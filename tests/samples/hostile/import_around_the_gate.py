"""answers: loads the hidden files with loaders, linecache, runpy and zipimport instead of import"""
import importlib.machinery
import importlib.util
import linecache
import runpy


def attack():
    found = []
    for path in TARGET["files"]:
        if linecache.getlines(path):
            found.append(("linecache", path))
        loader = importlib.machinery.SourceFileLoader("stolen", path)
        for name, way in (
            ("loader", lambda: loader.get_data(path)),
            ("spec", lambda: loader.exec_module(importlib.util.module_from_spec(
                importlib.util.spec_from_file_location("stolen", path, loader=loader)))),
            ("runpy", lambda: runpy.run_path(path)),
        ):
            try:
                way()
                found.append((name, path))
            except Exception:
                pass
    return found
