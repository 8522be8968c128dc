"""Paths for all tests."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The project's folder, with its course, code and documentation."""
SAMPLES = ROOT / "tests" / "samples"
