"""The matching network that ships, loaded when it is first asked.

PyTorch takes seconds to import, and a shot whose drawings are all known asks the network nothing.
So what is needed before, its name and whether its file is whole, is told without.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import WeightsError
from ..flat.regions import Regions

if TYPE_CHECKING:
    from .embedder import Embedder
    from .sight import Sight

SHIPPED = Path(__file__).parent.parent / "weights" / "matching.toml"
"""Describes the weights that ship: name, file, hash, what they were trained on, figures."""


@dataclass(frozen=True)
class ShippedWeights:
    """What is said of the weights that ship.

    Attributes:
        path: Their file.
        name: What they are called.
        sha256: Of the file, in hexadecimal.

    """

    path: Path
    name: str
    sha256: str

    @classmethod
    def described(cls, card: Path = SHIPPED) -> ShippedWeights:
        """Read what is said of them.

        Raises:
            WeightsError: Nothing is said, or it cannot be read.

        """
        try:
            entry = tomllib.loads(card.read_text("utf-8"))
            return cls(card.parent / entry["file"], entry["name"], entry["sha256"])
        except (OSError, ValueError, KeyError) as error:
            raise WeightsError(f"{card} describes no matching network: {error}") from error

    @property
    def title(self) -> str:
        """Names the weights by what is in them: descriptors of different ones do not match."""
        return f"{self.name} {self.sha256[:16]}"

    def require_whole(self) -> None:
        """Raises WeightsError unless the file is there and is the one that is described."""
        try:
            found = hashlib.sha256(self.path.read_bytes()).hexdigest()
        except OSError as error:
            raise WeightsError(
                f"the weights {self.path} cannot be read: {error.strerror}; install celtint again"
            ) from error
        if found != self.sha256.lower():
            raise WeightsError(
                f"{self.path} is damaged, or not the file that came with this version: its "
                f"SHA-256 is {found}, expected {self.sha256}; install celtint again"
            )


class ShippedEmbedder:
    """Knows regions by their looks as `Embedder` does; called by several threads.

    Args:
        weights: What ships.
        device: "auto", "cpu", "cuda" or "cuda:N", see `choose_device`.

    """

    def __init__(self, weights: ShippedWeights, device: str = "auto") -> None:
        self.weights, self._device = weights, device
        self._lock = threading.Lock()
        self._loaded: Embedder | None = None
        self._threads = 1
        self._is_shared = False

    def __reduce__(self) -> tuple[type[ShippedEmbedder], tuple[ShippedWeights, str]]:
        """Another process has the same one, not loaded yet."""
        return ShippedEmbedder, (self.weights, self._device)

    @property
    def name(self) -> str:
        """Names the weights."""
        return self.weights.title

    def load(self) -> Embedder:
        """The network, loaded once.

        Raises:
            WeightsError: The file is missing or damaged.
            DeviceError: The device is not there.

        """
        with self._lock:
            if self._loaded is None:
                import torch  # noqa: PLC0415 - takes seconds

                from ..device import choose_device  # noqa: PLC0415
                from .embedder import Embedder  # noqa: PLC0415
                from .weights import load_networks  # noqa: PLC0415

                self._threads = torch.get_num_threads()
                if self._is_shared:  # before it computes anything, or its threads are there
                    torch.set_num_threads(1)
                weights = self.weights
                networks = load_networks(weights.path, weights.name, weights.sha256)
                self._loaded = Embedder(networks, choose_device(self._device))
            return self._loaded

    @contextlib.contextmanager
    def shared_by_threads(self) -> Iterator[None]:
        """Inside, several threads may ask, and each computes alone.

        They share the cores among them: each with threads of its own, they would only wait for one
        another, and between two products, which are small, threads spin and take the cores from
        whatever else there is to do. Torch knows but one number for all, so it is set back at the
        end.
        """
        self._is_shared = True
        try:
            yield
        finally:
            self._is_shared = False
            if self._loaded is not None:
                import torch  # noqa: PLC0415 - is there by now

                torch.set_num_threads(self._threads)

    def embed(self, ink: NDArray[np.uint8], regions: Regions) -> NDArray[np.float16]:
        """(R, D) unit vectors, see `Embedder.embed`."""
        return self._ready().embed(ink, regions)

    def described(self, sight: Sight) -> NDArray[np.float16]:
        """The same, of what `look_at` returned."""
        return self._ready().described(sight)

    def match_both(
        self,
        embedding_a: NDArray[np.float16],
        geometry_a: NDArray[np.float32],
        embedding_b: NDArray[np.float16],
        geometry_b: NDArray[np.float32],
        prior: NDArray[np.float32] | None = None,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(A, B + 1) and (B, A + 1), see `Embedder.match_both`."""
        return self._ready().match_both(embedding_a, geometry_a, embedding_b, geometry_b, prior)

    def _ready(self) -> Embedder:
        loaded = self.load()
        if self._is_shared:
            import torch  # noqa: PLC0415 - is there by now

            torch.set_num_threads(1)
        return loaded


@cache
def shipped_embedder(device: str = "auto") -> ShippedEmbedder:
    """The network that ships, one for each device in a process.

    Raises:
        WeightsError: The file is missing or damaged.
        DeviceError: A device was asked for by name and is not there.

    """
    weights = ShippedWeights.described()
    weights.require_whole()
    embedder = ShippedEmbedder(weights, device)
    if device not in ("auto", "cpu"):  # whether it is there only torch knows
        embedder.load()
    return embedder
