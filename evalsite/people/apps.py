from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "evalsite.people"

    def ready(self) -> None:
        from evalsite.people import sso_grants, tell_sign_ins

        sso_grants.listen()
        tell_sign_ins.listen()
