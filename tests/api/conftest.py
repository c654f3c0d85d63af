"""Services for the tests of the API, fresh for each test: what one leaves behind is no other's."""

from collections.abc import Iterator

import pytest
from tests.service import Moderator, Reader, Service, Visitor, serving


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as running:
        yield running


@pytest.fixture
def premoderated() -> Iterator[Service]:
    """A service whose sites let a moderator look first."""
    with serving(premoderate=True) as running:
        yield running


@pytest.fixture
def limited() -> Iterator[Service]:
    """A service that turns floods away."""
    with serving(rate_limits=True) as running:
        yield running


@pytest.fixture
def visitor(service: Service) -> Visitor:
    return service.visitor()


@pytest.fixture
def reader(service: Service) -> Reader:
    return service.reader()


@pytest.fixture
def moderator(service: Service) -> Moderator:
    return service.moderator().granted()


@pytest.fixture
def owner(service: Service) -> Moderator:
    return service.moderator("Olga Owns", owner=True)
