from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "evalsite.tenants"

    def ready(self) -> None:
        from evalsite.tenants import checks  # noqa: F401  (registers the system checks)
