from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "evalsite.audit"

    def ready(self) -> None:
        from evalsite.audit.founding import note_admitted, note_founded
        from evalsite.tenants.enrol import member_admitted, tenant_founded

        tenant_founded.connect(note_founded)
        member_admitted.connect(note_admitted)
