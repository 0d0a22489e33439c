"""What every page shows: the tenant that it works for."""

from __future__ import annotations

from django.http import HttpRequest

from evalsite.tenants import scope
from evalsite.tenants.models import Tenant


def tenant(request: HttpRequest) -> dict[str, object]:
    """Answer the tenant in scope for templates, or None."""
    tenant_id = scope.current()
    return {"tenant": Tenant.objects.filter(pk=tenant_id).first() if tenant_id else None}
