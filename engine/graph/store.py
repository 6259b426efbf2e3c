"""Where analyses are kept from one run to the next: what the engine asks of such a place."""

from __future__ import annotations

from typing import Protocol

from .analysis import FrameAnalysis
from .links import Links


class AnalysisStore(Protocol):
    """Keeps what does not depend on hints.

    Analyses go by the frame's index: whoever keeps them has to know, without reading the drawing,
    that it is still the one that was analysed, and with the same settings, network and
    `analysis.FORMAT`. Links go by a key, 32 hexadecimal digits, that covers all that they depend
    on: both analyses, how far they are apart, and the matcher. All may be forgotten at any time:
    what is missing is made again. The engine calls from one thread.
    """

    def analysis(self, index: int) -> FrameAnalysis | None:
        """What is known of the drawing of a frame; None if nothing is."""

    def keep_analysis(self, index: int, analysis: FrameAnalysis) -> None:
        """Keep what was found."""

    def links(self, key: str) -> Links | None:
        """The links that were kept under a key; None if there are none."""

    def keep_links(self, key: str, links: Links) -> None:
        """Keep what was found."""
