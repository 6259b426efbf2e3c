import pytest

from celtint.training.embedding.settings import MatchingSettings
from celtint.training.errors import ConfigError


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as told:
        MatchingSettings(steps=0, memory=1.0, learning_rate=0.0)
    assert {problem.split(":")[0] for problem in told.value.problems} == {
        "steps",
        "memory",
        "learning_rate",
    }


def test_the_rate_rises_in_a_line_and_falls_to_a_fiftieth() -> None:
    settings = MatchingSettings(steps=1000, warm_up=100, learning_rate=0.5)
    assert settings.rate(0) == pytest.approx(0.005)
    assert settings.rate(49) == pytest.approx(0.25)
    assert settings.rate(100) == pytest.approx(0.5)
    assert settings.rate(550) == pytest.approx((0.5 + 0.01) / 2)
    assert settings.rate(1000) == pytest.approx(0.01)
