"""The base of every task: it opens the tenant's scope, which the message names."""

from __future__ import annotations

from typing import Any, Final

from celery import Task

from evalsite.tenants import scope
from evalsite.tenants.acting import acting, system

WORKER: Final = system("worker")


class TenantTask(Task):  # type: ignore[type-arg]
    """A task that works for the tenant of its `tenant_id` keyword, and for nobody without it."""

    abstract = True
    typing = False  # `run` does not take the tenant: the scope has it

    def __call__(self, *args: Any, tenant_id: str, **kwargs: Any) -> Any:
        """Run inside the tenant's scope; raises TypeError for a message without a tenant."""
        with scope.tenant(tenant_id), acting(WORKER):
            return self.run(*args, **kwargs)
