"""The matching network as numpy arrays in, numpy arrays out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ..device import Device, choose_device
from ..flat.regions import Regions
from .inference import InferenceMatcher
from .shipped import SHIPPED, ShippedWeights
from .sight import Sight, look_at
from .weights import LoadedEmbedder, load_networks


class Embedder:
    """Knows regions by their looks, and finds them again in another drawing.

    The same drawing gives the same bytes, run after run on one machine; on another they may
    round differently.

    Args:
        loaded: The networks.
        device: Where the network runs, see `choose_device`; matching runs on the CPU in float32.

    """

    def __init__(self, loaded: LoadedEmbedder, device: Device | None = None) -> None:
        self.device = device or choose_device("cpu")
        self._name = f"{loaded.name} {loaded.sha256[:16]}"
        self._network = loaded.network.to(self.device.torch_device).to(
            memory_format=torch.channels_last  # type: ignore[call-overload]  # unknown to its types
        )
        _cast_once(self._network, self.device.dtype)
        on_cpu = self.device.torch_device.type == "cpu"
        self._matcher = InferenceMatcher(
            loaded.matcher, self.device.dtype if on_cpu else torch.float32
        )

    @property
    def name(self) -> str:
        """Names the weights by what is in them: descriptors of different ones do not match."""
        return self._name

    def embed(self, ink: NDArray[np.uint8], regions: Regions) -> NDArray[np.float16]:
        """Describe the regions of a drawing.

        Args:
            ink: (H, W) uint8, coverage 0..255; any size from 1x1.
            regions: Its regions, R of them.

        Returns:
            (R, D) float16, unit vectors.

        """
        return self.described(look_at(ink, regions))

    def described(self, sight: Sight) -> NDArray[np.float16]:
        """The same, of what `look_at` returned."""
        on = self.device.torch_device

        def one(array: NDArray[np.float32]) -> torch.Tensor:
            return torch.from_numpy(array)[None].to(on)

        with torch.inference_mode(), self._autocast():
            descriptor = self._network(
                one(sight.picture),
                torch.tensor([sight.extent], device=on),
                one(sight.points),
                one(sight.geometry),
                one(sight.touches),
            )
        array: NDArray[np.float16] = descriptor[0].to("cpu", torch.float16).numpy()
        return array

    def match(
        self,
        embedding_a: NDArray[np.float16],
        geometry_a: NDArray[np.float32],
        embedding_b: NDArray[np.float16],
        geometry_b: NDArray[np.float32],
        prior: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:
        """Find the A regions of one drawing among the B of another.

        Args:
            embedding_a: (A, D) descriptors, see `embed`.
            geometry_a: (A, 6), see `region_geometry`.
            embedding_b: (B, D).
            geometry_b: (B, 6).
            prior: What optical flow says: (A, B, 2) from `dense_prior`, or (A, B) where the ways
                there and back are averaged, 0..1; None if it was not asked.

        Returns:
            (A, B + 1) float32: probability of each region of the second drawing, and in the last
            column of none. Rows sum to 1.

        """
        forth, _ = self.match_both(embedding_a, geometry_a, embedding_b, geometry_b, prior)
        return forth

    def match_both(
        self,
        embedding_a: NDArray[np.float16],
        geometry_a: NDArray[np.float32],
        embedding_b: NDArray[np.float16],
        geometry_b: NDArray[np.float32],
        prior: NDArray[np.float32] | None = None,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Both ways at the cost of one: (A, B + 1) as `match`, and (B, A + 1) back."""
        if prior is not None and prior.ndim == 2:
            prior = np.repeat(prior[:, :, None], 2, axis=2)

        return self._matcher(embedding_a, geometry_a, embedding_b, geometry_b, prior)

    def _autocast(self) -> torch.autocast:
        on, dtype = self.device.torch_device.type, self.device.dtype
        return torch.autocast(on, dtype, enabled=dtype != torch.float32)


def _cast_once(module: nn.Module, dtype: torch.dtype) -> None:
    """Round the weights that automatic casting would round anew whenever they are used, in place.

    It remembers only what it cast of weights that are trained.
    """
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            part.to(dtype)


def load_embedder(path: str | Path | None = None, device: Device | None = None) -> Embedder:
    """The network that ships, or one from a file.

    Args:
        path: A file that `celtint-train fit-matching` wrote; None for the one that ships.
        device: Where to run; None for the CPU in the fastest arithmetic it has.

    Raises:
        WeightsError: There is no such file, or it is not what it should be.

    """
    if path is not None:
        return Embedder(load_networks(Path(path)), device)
    weights = ShippedWeights.described(SHIPPED)
    return Embedder(load_networks(weights.path, weights.name, weights.sha256), device)
