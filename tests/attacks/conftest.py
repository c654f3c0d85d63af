"""The stage of the browser tests, here too."""

from tests.browser.conftest import somebody, stage

__all__ = ["somebody", "stage"]
