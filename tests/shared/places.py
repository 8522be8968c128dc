"""Where things are, for all tests."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The project: its course, its code and its documentation."""
SAMPLES = ROOT / "tests" / "samples"
