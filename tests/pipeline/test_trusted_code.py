"""Code without a sandbox: only where deployment and tenant want it, told once, never as root."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command

from evalsite.audit.models import Entry
from evalsite.env import load
from evalsite.pipeline import score
from evalsite.scoring import trust
from evalsite.scoring.stage import judge
from evalsite.scoring.trust import set_trust
from evalsite.scoring.write import Row
from evalsite.tenants.models import Tenant
from judges.sandbox import unprivileged
from judges.sandbox.tiers import tier
from tests.pipeline.bench import deliver_all, launched, told


def settle(patch: pytest.MonkeyPatch, *, deployment: bool, root: bool) -> None:
    patch.setattr(load(), "sandbox_trusted", deployment)
    for module in (trust, unprivileged):
        patch.setattr(module, "is_root", lambda: root)


def tiers_by_lane(patch: pytest.MonkeyPatch) -> dict[str, str]:
    """Score two cases in both lanes, and say in which tier each lane would have run code."""
    seen: dict[str, str] = {}

    def watched(claim: Any, **options: Any) -> Iterator[Row]:
        trusted = tier().name == "trusted"
        seen[claim.lane] = "trusted" if trusted else "held"
        yield from judge(claim, **options)

    patch.setattr(score, "judge", watched)
    deliver_all(launched([told("passed"), told("passed")]))
    return seen


def entries() -> int:
    return Entry.objects.filter(action="batch.ran_trusted").count()


def test_both_must_want_it(as_acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(monkeypatch, deployment=True, root=False)
    set_trust(trusts=True)
    assert tiers_by_lane(monkeypatch) == {"cpu": "held", "sandbox": "trusted"}
    assert entries() == 1


@pytest.mark.parametrize(
    ("deployment", "tenant", "root"),
    [(False, True, False), (True, False, False), (True, True, True)],
    ids=["the deployment does not", "the tenant does not", "the worker is root"],
)
def test_otherwise_it_stays_in_the_sandbox(
    as_acme: Tenant,
    monkeypatch: pytest.MonkeyPatch,
    deployment: bool,
    tenant: bool,
    root: bool,
) -> None:
    set_trust(trusts=tenant)
    settle(monkeypatch, deployment=deployment, root=root)
    assert tiers_by_lane(monkeypatch) == {"cpu": "held", "sandbox": "held"}
    assert entries() == 0


def test_the_command_sets_and_unsets_it(
    as_acme: Tenant, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("trustcode", tenant=as_acme.slug)
    assert Tenant.objects.get(pk=as_acme.pk).trusts_code
    assert "SANDBOX_TRUSTED is off" in capsys.readouterr().err
    call_command("trustcode", "--off", tenant=as_acme.slug)
    assert not Tenant.objects.get(pk=as_acme.pk).trusts_code
    told = Entry.objects.order_by("pk").values_list("action", "actor", "after__trusts_code")
    assert list(told) == [
        ("tenant.code_trusted", "trustcode", True),
        ("tenant.code_distrusted", "trustcode", False),
    ]
