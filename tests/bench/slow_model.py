"""A judge model for the bench: a sound verdict, always after the same time, as a program."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.fake_model import Call, fake_model

_VERDICT_ID = re.compile(r"verdict_id: the characters (\w+)")


def verdict(call: Call) -> str:
    """Give the best choice, under the verdict's id."""
    found = _VERDICT_ID.search(call.prompt)
    assert found is not None
    choices = call.body["response_format"]["json_schema"]["schema"]["properties"]["choice"]["enum"]
    said = {"verdict_id": found[1], "reasoning": "It is the same.", "choice": choices[0]}
    return json.dumps(said)


def main() -> None:
    """Print the URL, and serve until standard input closes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, required=True, help="seconds")
    with fake_model(verdict, latency_s=parser.parse_args().latency) as fake:
        print(fake.base_url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
