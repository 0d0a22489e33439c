"""A typed client of an evalsite server: record runs, start batches, ask gates."""

from __future__ import annotations

from evalsite_client.client import AsyncClient as AsyncClient
from evalsite_client.client import Client as Client
from evalsite_client.errors import ClientError as ClientError
from evalsite_client.errors import Conflict as Conflict
from evalsite_client.errors import Invalid as Invalid
from evalsite_client.errors import NotFound as NotFound
from evalsite_client.errors import NotPermitted as NotPermitted
from evalsite_client.errors import NotSignedIn as NotSignedIn
from evalsite_client.errors import Outdated as Outdated
from evalsite_client.errors import Problem as Problem
from evalsite_client.errors import ServerFault as ServerFault
from evalsite_client.errors import TooMany as TooMany
from evalsite_client.retry import Retries as Retries

__all__ = [
    *("AsyncClient", "Client", "Retries"),
    *("ClientError", "Problem", "Conflict", "Invalid", "NotFound", "NotPermitted"),
    *("NotSignedIn", "Outdated", "ServerFault", "TooMany"),
]
