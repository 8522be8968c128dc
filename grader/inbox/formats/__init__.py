"""Readers of the exports of learning management systems, one module each."""
