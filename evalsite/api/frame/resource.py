"""The base of every resource: who may, one transaction a request, ETags, known parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar, Final, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError as ValueUnfit
from django.db import models, transaction
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.cache import get_conditional_response
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer, ListSerializer
from rest_framework.viewsets import GenericViewSet

from evalsite.api.frame.etag import etag_of, require_match
from evalsite.api.frame.once import HEADER, REPLAYED, answer_once
from evalsite.api.frame.parse import JSONLines
from evalsite.api.frame.told import Told
from evalsite.api.frame.wanted import Wanted
from evalsite.errors import UsageError

Row = TypeVar("Row", bound=models.Model)
Other = TypeVar("Other", bound=models.Model)

_VERBS: Final = {"POST": "add", "PUT": "change", "PATCH": "change", "DELETE": "delete"}
EDITS: Final = ("PUT", "PATCH", "DELETE")
_SAFE: Final = ("GET", "HEAD", "OPTIONS")


class ParameterUnknown(UsageError):
    """The address has a parameter that is not read here: a filter with a slip would show all."""

    code = "parameter_unknown"
    hint = "/api/v1/docs lists the parameters"
    http_status = 400


class Resource(GenericViewSet[Row]):
    """Rows of one model, of the tenant in scope.

    A subclass names its `room` in the table of permissions, and in `verbs` what an action does
    there where its method does not tell (view, add, change, delete). Actions named in `secretive`
    answer a secret, which is not kept for who asks again. `parameters` are those of the address
    beside filters, paging and `fields`, of all actions or by action.
    """

    room: ClassVar[str]
    verbs: ClassVar[Mapping[str, str]] = {}
    secretive: ClassVar[Sequence[str]] = ()
    parameters: ClassVar[Sequence[str] | Mapping[str, Sequence[str]]] = ()

    def verb(self) -> str:
        """Answer what is done to the room: the action's own, else the method's."""
        method = self.request.method or ""
        return self.verbs.get(self.action, _VERBS.get(method, "view"))

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check who asks and what; an unsafe request is then done as one transaction."""
        super().initial(request, *args, **kwargs)
        if self.action is not None:  # else the method is none of the address's
            self._require_known_parameters(request)
        name = str(request.method).lower()
        if request.method not in _SAFE and hasattr(self, name):
            setattr(self, name, partial(self._as_one, getattr(self, name)))

    def _as_one(
        self, do: Callable[..., Response], request: Request, *args: Any, **kwargs: Any
    ) -> Response:
        with self.prepared(request), transaction.atomic():
            if HEADER not in request.headers or JSONLines in self.parser_classes:
                return do(request, *args, **kwargs)
            keep = self.action not in self.secretive
            return answer_once(request, partial(do, request, *args, **kwargs), keep=keep)

    @contextmanager
    def prepared(self, request: Request) -> Iterator[None]:
        """Have ready what an unsafe request needs before its transaction begins: nothing here."""
        yield

    def find(self, model: type[Other], pk: UUID) -> Other:
        """Answer a row of another model by its id; 404 for none and for another tenant's alike."""
        return get_object_or_404(model._default_manager, pk=pk)

    def find_id(self, model: type[Other], pk: UUID) -> UUID:
        """Answer the id of another model's row, where it is there; else 404 as `find`."""
        ids = model._default_manager.order_by().values_list("pk", flat=True)
        found: UUID = get_object_or_404(ids, pk=pk)
        return found

    def read(self, wanted: type[Wanted]) -> dict[str, Any]:
        """Answer the body's members, checked; raises ValidationError."""
        body = wanted(data=self.request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        members: dict[str, Any] = body.validated_data
        return members

    def made(self, row: Row, *, address: str, status: int = 201) -> Response:
        """Answer a row that was made, or one (202) that is being worked on, and where it is."""
        location = reverse(f"api:{address}", args=[row.pk])
        told = self.get_serializer(row).data
        return Response(told, status=status, headers={"Location": location})

    def paginate_queryset(self, queryset: Any) -> list[Any] | None:
        """Answer a page of the rows; raises ValidationError for a cursor that no page gave."""
        try:
            return super().paginate_queryset(queryset)
        except (NotFound, ValueUnfit):
            told = ErrorDetail("Take `next` of the page before as it is.", code="cursor")
            raise ValidationError({"cursor": [told]}) from None

    def get_object(self) -> Row:
        """Answer the row that the address names; an edit locks it, and asks If-Match.

        Rows that refer to it may come meanwhile: who adds one may hold the lock of the audit trail
        already when its foreign key is checked.
        """
        if self.request.method not in EDITS:
            return super().get_object()
        stays = self.request.method != "DELETE"
        with_lock = self.get_queryset().select_for_update(of=("self",), no_key=stays)
        row: Row = get_object_or_404(with_lock, pk=self.kwargs["pk"])
        require_match(self.request, self.get_serializer(row).data)
        return row

    def get_serializer(self, *args: Any, **kwargs: Any) -> BaseSerializer[Row]:
        """Answer the serializer, with only the `fields` that were asked for."""
        made = super().get_serializer(*args, **kwargs)
        wanted = self.request.query_params.get("fields") if self.request else None
        if wanted and self.request.method == "GET":
            _narrow(made, wanted=wanted.split(","))
        return made

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Put the ETag on the answer about one row, and answer 304 to who has it."""
        done = super().finalize_response(request, response, *args, **kwargs)
        is_one = "pk" in self.kwargs and self.action in ("retrieve", "partial_update", "update")
        # What was answered before may not be what is there now.
        if is_one and done.status_code == 200 and REPLAYED not in done.headers:
            done.headers["ETag"] = etag_of(done.data)
            if request.method == "GET":
                return get_conditional_response(request, etag=done.headers["ETag"], response=done)
        return done

    def _require_known_parameters(self, request: Request) -> None:
        own = self.parameters
        known = {"fields", *(own.get(self.action, ()) if isinstance(own, Mapping) else own)}
        if self.action == "list":
            known |= {"cursor", "page_size", *filters_of(type(self))}
        if unknown := sorted(set(request.query_params) - known):
            raise ParameterUnknown(f"not read here: {', '.join(unknown)[:200]!r}")


def filters_of(resource: type[Resource[Any]]) -> set[str]:
    """Name the filters of a resource's lists."""
    filterset = getattr(resource, "filterset_class", None)
    if filterset is not None:
        return set(filterset.base_filters)
    return set(getattr(resource, "filterset_fields", ()))


def _narrow(serializer: Any, *, wanted: Sequence[str]) -> None:
    one: Any = serializer.child if isinstance(serializer, ListSerializer) else serializer
    fields = one.fields
    if unknown := sorted(set(wanted) - set(fields)):
        raise ParameterUnknown(f"no such fields: {', '.join(unknown)[:200]!r}")
    if isinstance(one, Told):
        one.only = frozenset(wanted)
    else:
        for name in set(fields) - set(wanted):
            fields.pop(name)
