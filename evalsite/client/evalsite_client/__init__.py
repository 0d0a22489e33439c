"""A typed client of an evalsite server: record runs, start batches, ask gates."""

from __future__ import annotations

from evalsite_client.client import AsyncClient as AsyncClient
from evalsite_client.client import Client as Client
from evalsite_client.errors import ClientError as ClientError
from evalsite_client.errors import Problem as Problem
from evalsite_client.retry import Retries as Retries

__all__ = ["AsyncClient", "Client", "ClientError", "Problem", "Retries"]
