"""Postil: readers discuss each section of an article, live and in place."""

__version__ = "0.1.0"
