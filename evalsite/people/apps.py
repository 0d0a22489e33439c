from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "evalsite.people"

    def ready(self) -> None:
        from evalsite.people.tell_sign_ins import listen

        listen()
