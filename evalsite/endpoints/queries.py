"""Which endpoint a name means."""

from __future__ import annotations

from evalsite.endpoints.models import Endpoint
from evalsite.errors import EvalsiteError


class EndpointUnknown(EvalsiteError):
    """The tenant has no endpoint of that name, or no default one."""

    code = "endpoint_unknown"
    hint = "manage.py setendpoint NAME --url URL makes one; --default makes it the default"
    exit_code = 2
    http_status = 422


def find_endpoint(name: str = "") -> Endpoint:
    """Answer the tenant's endpoint of that name, or its default one; raises EndpointUnknown."""
    chosen = {"name": name} if name else {"is_default": True}
    found = Endpoint.objects.filter(**chosen).first()
    if found is None:
        raise EndpointUnknown(
            f"there is no endpoint {name!r}" if name else "no endpoint is the default one"
        )
    return found
