"""`manage.py setendpoint NAME --url U`: add or change an endpoint."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from evalsite.endpoints.configure import configure
from evalsite.endpoints.models import Endpoint, EndpointKind
from evalsite.endpoints.take_secret import take_secret
from evalsite.tenants.command import TenantCommand

_FIELDS = {
    "url": "base_url",
    "kind": "kind",
    "model": "default_model",
    "requests_per_minute": "requests_per_minute",
    "tokens_per_minute": "tokens_per_minute",
    "parallel": "parallel",
    "timeout": "timeout_s",
}


class Command(TenantCommand):
    """Add or change an endpoint."""

    help = (
        "Add an endpoint, or change what is given of it. A secret comes from the environment or "
        "from stdin, never from an argument, which everybody on the machine could read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("name", help="what judges and runs call it")
        parser.add_argument("--url", help="base URL, such as https://api.example.org/v1")
        parser.add_argument("--kind", choices=EndpointKind.values)
        parser.add_argument("--model", help="the model that is meant where none is named")
        parser.add_argument("--requests-per-minute", type=int)
        parser.add_argument("--tokens-per-minute", type=int)
        parser.add_argument("--parallel", type=int, help="calls in flight at once, per worker")
        parser.add_argument("--timeout", type=float, metavar="SECONDS")
        parser.add_argument("--default", action="store_true", help="make it the default endpoint")
        secret = parser.add_mutually_exclusive_group()
        secret.add_argument("--secret-from", metavar="env:NAME | -")
        secret.add_argument("--no-secret", action="store_true", help="remove the secret")

    def work(self, **options: Any) -> None:
        """Save the endpoint and say so."""
        name = options["name"]
        endpoint = Endpoint.objects.filter(name=name).first() or Endpoint(name=name)
        for option, field in _FIELDS.items():
            if options[option] is not None:
                setattr(endpoint, field, options[option])
        endpoint.is_default = endpoint.is_default or options["default"]
        source = options["secret_from"]
        configure(
            endpoint,
            secret=take_secret(source) if source else None,
            forget=options["no_secret"],
            actor="setendpoint",
        )
        kept = "with a secret" if endpoint.has_secret else "without a secret"
        self.stderr.write(f"endpoint {name} is set: {endpoint.kind} at {endpoint.base_url}, {kept}")
