"""Identifiers as keyed hashes, so that no raw id of a person leaves the landing.

HMAC-SHA256 over platform, account, id kind and id, the first 128 bits as hex. An id of another account or kind is
another hash: ids are joined by evidence, never because they look alike.
"""

from __future__ import annotations

import hmac

import pyarrow as pa
import pyarrow.compute as pc

SEPARATOR = "\x1f"
_MAX_REMEMBERED = 1_000_000


class Pseudonymiser:
    """Hashes whole columns; only distinct identities are hashed, and those of earlier batches are remembered."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._remembered: dict[str, str] = {}

    def hash_ids(self, platforms: pa.Array, accounts: pa.Array, kinds: pa.Array, ids: pa.Array) -> pa.StringArray:
        """Four string columns of equal length; a null id stays null, no other column may have one where there is an id."""
        identities = pc.binary_join_element_wise(platforms, accounts, kinds, ids, SEPARATOR).dictionary_encode()
        known = self._remembered
        hashes = pa.array([known.get(identity) or self._hash(identity) for identity in identities.dictionary.to_pylist()], pa.string())
        return hashes.take(identities.indices)

    def digest(self, text: str) -> bytes:
        """16 bytes that tell whether two texts are equal, and nothing else to whoever lacks the key."""
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256")[:16]

    def _hash(self, identity: str) -> str:
        if len(self._remembered) >= _MAX_REMEMBERED:
            self._remembered.clear()
        hashed = self._remembered[identity] = self.digest(identity).hex()
        return hashed
