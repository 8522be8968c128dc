"""answers: asks whether files exist, which a mount view or a jail hides and Landlock alone does not"""
import os


def attack():
    if not TARGET["unseen"]:
        return None
    return [p for p in TARGET["files"] if os.path.exists(p) or os.access(p, os.F_OK)]
