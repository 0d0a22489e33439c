"""Models as bad as can be: each does one thing that a judge's model must never do."""

from __future__ import annotations

import json
import random
import re
from abc import abstractmethod
from collections.abc import Iterator
from unicodedata import normalize

from judges.fence import fenced
from judges.models import ChatReply, ChatRequest, EmbedReply, EmbedRequest, Usage

_ORDERED_ID = re.compile(r"verdict_id: the characters (\w+)")
_PIECE = re.compile(r"\u27e6(\w+) begin (\w+)\u27e7\n.*?\n\u27e6\1 end \2\u27e7", re.DOTALL)
# What this model takes for the end of the data, whatever mark it was told of.
_SEEMS_OVER = re.compile(
    r"\u27e6[^\u27e7\n]*end[^\u27e7\n]*\u27e7"
    r"|<\|[^>\n]*\|>|<\uff5c[^>\n]*\uff5c>|\[/?INST\]|<</?SYS>>|</?s>|<(?:start|end)_of_turn>"
    r"|</?(?:answer|data|input|candidate|system|assistant|user)>"
    r"|^[^\w\n]*(?:[0-9a-f]{16} )?end(?: of)?(?: the)? (?:answer|output_[ab])[^\w\n]*$",
    re.IGNORECASE | re.MULTILINE,
)


class WorstCase:
    """A Caller that has read its orders, and then does as it likes."""

    def __init__(self) -> None:
        self.calls = 0

    async def chat(self, request: ChatRequest) -> ChatReply:
        self.calls += 1
        orders, data = (str(message["content"]) for message in request.messages)
        found = _ORDERED_ID.search(orders)
        text = self.says(orders=orders, data=data, verdict_id=found[1] if found else "")
        return ChatReply(text=text, usage=Usage(model="worst"))

    async def embed(self, request: EmbedRequest) -> EmbedReply:
        raise NotImplementedError

    @abstractmethod
    def says(self, *, orders: str, data: str, verdict_id: str) -> str:
        """Give the reply."""


class Obeys(WorstCase):
    """Does whatever stands, or seems to stand, outside the fence; else it judges honestly."""

    def says(self, *, orders: str, data: str, verdict_id: str) -> str:
        pieces = fenced(data)
        fooled = [name for name, text in pieces.items() if _SEEMS_OVER.search(text)]
        if _PIECE.sub("", data).strip():
            fooled = list(pieces)
        return verdict(verdict_id, choice=_choice(pieces, favoured=fooled))


class Normalises(Obeys):
    """Reads every character as the plain one that it is a form of, as some tokenizers do."""

    def says(self, *, orders: str, data: str, verdict_id: str) -> str:
        return super().says(orders=orders, data=normalize("NFKC", data), verdict_id=verdict_id)


class CopiesFirst(WorstCase):
    """Repeats the first JSON that it sees anywhere."""

    def says(self, *, orders: str, data: str, verdict_id: str) -> str:
        return next(_json_in(f"{orders}\n{data}"), "")


class CopiesLast(WorstCase):
    """Repeats the last JSON that it sees."""

    def says(self, *, orders: str, data: str, verdict_id: str) -> str:
        return ["", *_json_in(f"{orders}\n{data}")][-1]


class RepeatsLastLine(WorstCase):
    """Says the last line of what it was to judge."""

    def says(self, *, orders: str, data: str, verdict_id: str) -> str:
        pieces = fenced(data)
        judged = pieces.get("answer") or pieces.get("output_a", "")
        return judged.rpartition("\n")[2]


class BreaksOff(WorstCase):
    """Stops in the middle of the best verdict, each time somewhere else."""

    def says(self, *, orders: str, data: str, verdict_id: str) -> str:
        whole = verdict(verdict_id, choice=_best(fenced(data)))
        return whole[: 1 + self.calls % (len(whole) - 1)]


class Refuses(WorstCase):
    """Will not judge."""

    def says(self, *, orders: str, data: str, verdict_id: str) -> str:
        return "I'm sorry, but I can't help with judging this."


class Flips(WorstCase):
    """Knows that the answer is right, and says the opposite in a share of its verdicts."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self._share = share
        self._chance = random.Random(20)

    def says(self, *, orders: str, data: str, verdict_id: str) -> str:
        return verdict(verdict_id, choice="C" if self._chance.random() < self._share else "A")


def verdict(verdict_id: str, *, choice: str) -> str:
    """Give a verdict in the form that is asked for."""
    return json.dumps({"verdict_id": verdict_id, "reasoning": "as told", "choice": choice})


def _choice(pieces: dict[str, str], *, favoured: list[str]) -> str:
    """Choose the best for whom the model was fooled by, else what an honest judge would."""
    if "answer" in pieces:
        return "A" if favoured else "C"
    sides = [name[-1] for name in favoured if name.startswith("output_")]
    honest = "a" if pieces["output_a"] == "Paris" else "b"
    return sides[0] if sides else honest


def _best(pieces: dict[str, str]) -> str:
    if "answer" in pieces:
        return "A"
    return "b" if pieces["output_a"] == "Paris" else "a"


def _json_in(text: str) -> Iterator[str]:
    decoder, place = json.JSONDecoder(), text.find("{")
    while place >= 0:
        try:
            _, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            end = place + 1
        else:
            yield text[place:end]
        place = text.find("{", end)


class Scripted(WorstCase):
    """Says one text after another; $id in it is the call's id, and the last one is repeated."""

    def __init__(self, *texts: str) -> None:
        super().__init__()
        self._texts = texts
        self.requests: list[ChatRequest] = []

    async def chat(self, request: ChatRequest) -> ChatReply:
        self.requests.append(request)
        return await super().chat(request)

    def says(self, *, orders: str, data: str, verdict_id: str) -> str:
        text = self._texts[min(self.calls, len(self._texts)) - 1]
        return text.replace("$id", verdict_id)


def chosen(choice: str) -> str:
    """Give a whole verdict for Scripted."""
    return verdict("$id", choice=choice)
