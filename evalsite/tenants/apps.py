from importlib import import_module

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "evalsite.tenants"

    def ready(self) -> None:
        import_module("evalsite.tenants.checks")  # registers the system checks
