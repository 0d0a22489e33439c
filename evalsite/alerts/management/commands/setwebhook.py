"""`manage.py setwebhook NAME --url U`: add or change a webhook."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from pydantic import SecretStr

from evalsite.alerts.models import Webhook, WebhookKind
from evalsite.alerts.set_webhook import set_webhook
from evalsite.endpoints.take_secret import take_secret
from evalsite.tenants.command import TenantCommand


class Command(TenantCommand):
    """Add or change a webhook."""

    help = (
        "Add a webhook, or change what is given of it. The secret that is made for a standard one "
        "is printed once, on stdout."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("name", help="what subscriptions call it")
        url = parser.add_mutually_exclusive_group()
        url.add_argument("--url", help="such as https://ci.example.org/evalsite")
        url.add_argument(
            "--url-from", metavar="env:NAME | -", help="of a Slack one: its path is a secret"
        )
        parser.add_argument("--kind", choices=WebhookKind.values)
        parser.add_argument("--secret-from", metavar="env:NAME | -", help="whsec_...")
        parser.add_argument("--new-secret", action="store_true", help="make another secret")
        state = parser.add_mutually_exclusive_group()
        state.add_argument("--off", dest="is_active", action="store_false", default=None)
        state.add_argument("--on", dest="is_active", action="store_true")

    def work(self, **options: Any) -> None:
        """Save the webhook; print its secret if one was made."""
        name = options["name"]
        webhook = Webhook.objects.filter(name=name).first() or Webhook(name=name)
        for field in ("kind", "is_active"):
            if options[field] is not None:
                setattr(webhook, field, options[field])
        made = set_webhook(
            webhook,
            url=_url(options),
            secret=take_secret(options["secret_from"]) if options["secret_from"] else None,
            renew=options["new_secret"],
            actor="setwebhook",
        )
        state = "on" if webhook.is_active else "off"
        self.stderr.write(f"webhook {name} is set: {webhook.kind} at {webhook.base_url}, {state}")
        if made is not None:
            self.stderr.write("its secret, shown this once:")
            self.stdout.write(made.get_secret_value())


def _url(options: dict[str, Any]) -> SecretStr | None:
    if options["url_from"]:
        return take_secret(options["url_from"])
    return SecretStr(options["url"]) if options["url"] else None
