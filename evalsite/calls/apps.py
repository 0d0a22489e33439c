from django.apps import AppConfig


class CallsConfig(AppConfig):
    name = "evalsite.calls"
