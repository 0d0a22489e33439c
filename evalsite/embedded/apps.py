from django.apps import AppConfig


class EmbeddedConfig(AppConfig):
    name = "evalsite.embedded"
    label = "embedded"
