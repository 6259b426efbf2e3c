"""Hashes against published values, and what a reader finds in a file."""

from __future__ import annotations

import json

import numpy as np
import pytest

from celtint.plugin.palette import cryptomatte

# Psyop/Cryptomatte, nuke/cryptomatte_utilities_tests.py, class CryptoHashing.
PUBLISHED = {
    "hello": 6.0705627102400005616e-17,
    "cube": -4.08461912519e15,
    "sphere": 2.79018604383e15,
    "plane": 3.66557617593e-11,
    "равнина": -1.3192631212399999468e-25,
    "mädchen": 6.2361298211599995797e25,
}


@pytest.mark.parametrize(("name", "value"), PUBLISHED.items())
def test_names_hash_to_the_published_floats(name: str, value: float) -> None:
    assert cryptomatte.table([name])[1, 0] == np.float32(value)


# Values of MurmurHash3_x86_32 that its many implementations agree on (Wikipedia, "MurmurHash").
@pytest.mark.parametrize(
    ("data", "seed", "wanted"),
    [
        (b"", 0, 0),
        (b"", 1, 0x514E28B7),
        (b"", 0xFFFFFFFF, 0x81F16F39),
        (b"test", 0, 0xBA6BD213),
        (b"test", 0x9747B28C, 0x704B81DC),
        (b"Hello, world!", 0x9747B28C, 0x24884CBA),
        (b"The quick brown fox jumps over the lazy dog", 0x9747B28C, 0x2FA826CD),
    ],
)
def test_the_hash_is_murmur3_with_a_seed(data: bytes, seed: int, wanted: int) -> None:
    assert cryptomatte.murmur3_32(data, seed) == wanted


def test_no_name_becomes_infinity_nan_or_a_denormal() -> None:
    names = [f"colour {number}" for number in range(3000)]
    raw = np.array([cryptomatte.murmur3_32(name.encode()) for name in names], np.uint32)
    exponent = raw >> 23 & 0xFF
    assert ((exponent == 0) | (exponent == 0xFF)).any(), "no name of these would have been one"
    floats = cryptomatte.table(names)[1:, 0]
    assert np.isfinite(floats).all()
    assert (np.abs(floats) >= np.finfo(np.float32).tiny).all()


def test_what_is_unpainted_has_no_coverage() -> None:
    assert cryptomatte.table(["skin"])[0].tolist() == [0, 0]
    assert cryptomatte.table(["skin"])[1, 1] == 1


def test_the_metadata_leads_from_the_layer_to_the_names() -> None:
    said = cryptomatte.metadata(["skin", "Haar, grün"])
    # The key is the first seven digits of the layer's own hash.
    assert set(said) == {
        f"cryptomatte/1af7a62/{key}" for key in ("name", "hash", "conversion", "manifest")
    }
    manifest = json.loads(said["cryptomatte/1af7a62/manifest"])
    assert manifest == {name: f"{cryptomatte.hash_of(name):08x}" for name in manifest}
    assert list(manifest) == ["skin", "Haar, grün"]
