from django.apps import AppConfig


class KeysConfig(AppConfig):
    name = "evalsite.keys"
