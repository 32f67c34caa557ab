"""Identifiers as keyed hashes, so that no raw id of a person leaves the landing.

HMAC-SHA256 over platform, account, id kind and id, the first 128 bits as hex. An id of another account or kind is
another hash: ids are joined by evidence, never because they look alike.
"""

from __future__ import annotations

import hashlib

import pyarrow as pa
import pyarrow.compute as pc

from community_metrics.lake.repeating import TextColumn, encoded, one_value, plain

SEPARATOR = "\x1f"
_MAX_REMEMBERED = 250_000
_MOST_RECENT = 4
_WORTH_LOOKING_UP = 16
_BLOCK = 64
_DIGEST_BYTES = 16


class Pseudonymiser:
    """Hashes whole columns: each distinct identity once, as far as its memory reaches."""

    def __init__(self, key: bytes) -> None:
        # HMAC (RFC 2104) with the two hashes of the padded key prepared: half the cost of `hmac.digest` for short texts.
        padded = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))
        self._recent: list[tuple[pa.StringArray, pa.StringArray]] = []
        self._known, self._known_hashes = pa.array([], pa.string()), pa.array([], pa.string())

    def hash_ids(self, platforms: TextColumn, accounts: TextColumn, kinds: TextColumn, ids: TextColumn) -> TextColumn:
        """Four columns of equal length; a null id stays null, no other column may have one where there is an id."""
        context = [one_value(values) for values in (platforms, accounts, kinds)]
        if None in context:
            columns = [plain(values) for values in (platforms, accounts, kinds, ids)]
            identities = encoded(pc.binary_join_element_wise(*columns, SEPARATOR))
        else:
            ids = encoded(ids)
            distinct = pc.binary_join_element_wise(*map(pa.scalar, context), ids.dictionary, SEPARATOR)
            identities = pa.DictionaryArray.from_arrays(ids.indices, distinct)
        return pa.DictionaryArray.from_arrays(identities.indices, self._hashes(identities.dictionary))

    def digest(self, text: str) -> bytes:
        """16 bytes that tell whether two texts are equal, and nothing else to whoever lacks the key."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text.encode("utf-8", "surrogatepass"))
        outer.update(inner.digest())
        return outer.digest()[:_DIGEST_BYTES]

    def _hashes(self, identities: pa.StringArray) -> pa.StringArray:
        """Of distinct identities. Columns that go on over batches begin with those of the call before: they are not looked up."""
        for place, (before, hashes) in enumerate(self._recent):
            if identities.slice(0, len(before)).equals(before):
                del self._recent[place]
                found = pa.concat_arrays([hashes, self._looked_up(identities.slice(len(before)))])
                break
        else:
            found = self._looked_up(identities)
        if len(identities):
            self._recent = [(identities, found), *self._recent[: _MOST_RECENT - 1]]
        return found

    def _looked_up(self, identities: pa.StringArray) -> pa.StringArray:
        """Of distinct identities. Those of earlier calls are remembered, as far as it costs less to look them up than to hash them."""
        if len(identities) * _WORTH_LOOKING_UP < len(self._known):
            return self._hash(identities)
        places = pc.index_in(identities, value_set=self._known)
        is_new = places.is_null()
        new = identities.filter(is_new)
        known, hashes = pa.concat_arrays([self._known, new]), pa.concat_arrays([self._known_hashes, self._hash(new)])
        new_places = pa.array(range(len(self._known), len(known)), pa.int32())
        remembered = slice(len(self._known), None) if len(known) > _MAX_REMEMBERED else slice(None)
        self._known, self._known_hashes = known[remembered], hashes[remembered]
        return hashes.take(pc.replace_with_mask(places, is_new, new_places))

    def _hash(self, identities: pa.StringArray) -> pa.StringArray:
        """`digest` of each as hex, without a call for each."""
        inner, outer, hashes = self._inner.copy, self._outer.copy, []
        for identity in identities.cast(pa.binary()).to_pylist():
            inside, outside = inner(), outer()
            inside.update(identity)
            outside.update(inside.digest())
            hashes.append(outside.hexdigest()[: 2 * _DIGEST_BYTES])
        return pa.array(hashes, pa.string())
