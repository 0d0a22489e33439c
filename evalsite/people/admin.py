"""Where admins look after members and invitations."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from evalsite.audit.ask_first import ask_first
from evalsite.audit.verb_admin import VerbAdmin
from evalsite.people.change_role import change_role
from evalsite.people.invite import invite, withdraw
from evalsite.people.models import Invitation
from evalsite.people.remove_member import remove_member
from evalsite.tenants.models import Membership


@admin.register(Invitation)
class InvitationAdmin(VerbAdmin):
    """Who was invited; adding one sends the mail."""

    list_display = (
        *("email", "role", "invited_by", "created_at", "expires_at"),
        *("accepted_at", "accepted_by", "withdrawn_at"),
    )
    list_filter = ("role",)
    search_fields = ("email", "invited_by")
    ordering = ("-created_at",)
    fields = ("email", "role")
    actions = ("withdraw",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes what was sent: invite again."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes: an invitation is withdrawn."""
        return False

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        """Invite."""
        obj.pk = invite(email=obj.email, role=obj.role, actor=request.user).pk

    @admin.action(description="Withdraw…", permissions=["withdraw"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> HttpResponse | None:
        """End invitations."""
        told = "The links in their mails open nothing any more."
        if asked := ask_first(self, request, rows=queryset, title="Withdraw", told=told):
            return asked
        for invitation in queryset:
            withdraw(invitation, actor=request.user)
        self.message_user(request, "Withdrawn.")
        return None

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        """Whoever may remove people may."""
        return bool(request.user.has_perm("people.delete_invitation"))


@admin.register(Membership)
class MembershipAdmin(VerbAdmin):
    """The tenant's members. Their rights are asked of the room people, where they are kept."""

    list_display = ("user", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("user",)
    search_fields = ("user__username", "user__email")
    ordering = ("user__username",)
    fields = ("member", "role")
    readonly_fields = ("member",)

    @admin.display(description="user")
    def member(self, membership: Membership) -> str:
        """Name the account, without a link: it is the installation's."""
        return str(membership.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Ask for the room."""
        return bool(request.user.has_module_perms("people"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may see people."""
        return bool(request.user.has_perm("people.view_membership"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds a member: invite them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may change people."""
        return bool(request.user.has_perm("people.change_membership"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may remove people."""
        return bool(request.user.has_perm("people.delete_membership"))

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        """Change the role."""
        change_role(obj, role=obj.role, actor=request.user)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        """Remove the member."""
        remove_member(obj, actor=request.user)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Remove one at a time: each may be refused."""
        return {}
