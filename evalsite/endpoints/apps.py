from django.apps import AppConfig


class EndpointsConfig(AppConfig):
    name = "evalsite.endpoints"

    def ready(self) -> None:
        """Refuse to start with a list of allowed addresses that cannot be read."""
        from evalsite.endpoints.guard import allowed

        allowed()
