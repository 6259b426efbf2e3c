"""How good painted frames are: every figure the project quotes is defined here, once.

`regions` counts regions and pixels, `image` compares pictures, `time` looks from frame to frame,
`frechet` compares whole sets of pictures. Networks whose features the last one takes are in
`inception`, which is not imported here: it needs torch.
"""

from .frechet import FeatureStatistics, frechet_distance
from .image import psnr, share_within, ssim
from .regions import (
    LARGE_REGION_PX,
    PAPER_INK,
    RegionScore,
    score_regions,
    share,
    truth_regions,
)
from .time import Flips, WarpError, count_flips, temporal_consistency, warp_error

__all__ = [
    "LARGE_REGION_PX",
    "PAPER_INK",
    "FeatureStatistics",
    "Flips",
    "RegionScore",
    "WarpError",
    "count_flips",
    "frechet_distance",
    "psnr",
    "score_regions",
    "share",
    "share_within",
    "ssim",
    "temporal_consistency",
    "truth_regions",
    "warp_error",
]
