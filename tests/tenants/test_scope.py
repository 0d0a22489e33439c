from __future__ import annotations

from threading import Thread
from uuid import uuid4

import pytest

from evalsite.tenants import scope


def test_no_tenant_is_an_error() -> None:
    with pytest.raises(scope.NoTenant):
        scope.require()


def test_the_tenant_before_comes_back() -> None:
    first, second = uuid4(), uuid4()
    with scope.tenant(first):
        with scope.tenant(second):
            assert scope.current() == second
        assert scope.current() == first
    assert scope.current() is None


def test_the_tenant_before_comes_back_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), scope.tenant(uuid4()):
        _ = 1 / 0
    assert scope.current() is None


def test_a_request_binds_once() -> None:
    first = uuid4()
    with scope.nobody():
        scope.bind(first)
        scope.bind(first)
        with pytest.raises(scope.TenantAlreadyBound):
            scope.bind(uuid4())


def test_a_new_thread_has_no_tenant() -> None:
    seen: list[object] = []
    with scope.tenant(uuid4()):
        thread = Thread(target=lambda: seen.append(scope.current()))
        thread.start()
        thread.join()
    assert seen == [None]


def test_an_id_as_text_is_taken() -> None:
    wanted = uuid4()
    with scope.tenant(str(wanted)) as bound:
        assert bound == wanted
