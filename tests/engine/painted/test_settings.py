import pytest

from celtint.engine.errors import SettingsError
from celtint.engine.painted.settings import PaintedSettings


def test_every_contradiction_is_named_at_once():
    with pytest.raises(SettingsError) as caught:
        PaintedSettings(precision="fp8", max_memory_mb=0, strip_rows=6)
    assert "precision: expected one of auto, fp32, bf16, fp16, got 'fp8'" in str(caught.value)
    assert "max_memory_mb: expected 1 or more, got 0" in str(caught.value)
    assert "strip_rows: expected 0 or a positive multiple of 4, got 6" in str(caught.value)


@pytest.mark.parametrize("strip_rows", [-4, 2])
def test_strip_rows_are_multiples_of_four(strip_rows):
    with pytest.raises(SettingsError, match="strip_rows"):
        PaintedSettings(strip_rows=strip_rows)
