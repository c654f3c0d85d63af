"""Where settings come from."""

from pathlib import Path

import pytest

from postil.settings import Settings


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("POSTIL_PORT", raising=False)


def test_what_is_given_goes_before_the_environment_and_that_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().port == 8000
    Path(".env").write_text("POSTIL_PORT=1\nPOSTIL_BUS\nPORT=9\nANOTHER=x\n")
    assert Settings().port == 1
    assert Settings(_env_file=None).port == 8000
    monkeypatch.setenv("POSTIL_PORT", "2")
    assert Settings().port == 2
    assert Settings(port=3).port == 3


def test_names_are_of_either_case_and_lists_are_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("postil_port", "7")
    monkeypatch.setenv("POSTIL_TRUSTED_PROXIES", '["127.0.0.1", "10.0.0.0/8"]')
    monkeypatch.setenv("POSTIL_RATE_LIMITS", "false")
    told = Settings()
    assert (told.port, told.trusted_proxies, told.rate_limits) == (7, ["127.0.0.1", "10.0.0.0/8"], False)
