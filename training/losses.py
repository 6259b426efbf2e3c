"""The paper's losses: adversarial, content, style and L1 (equations 2 to 5)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - what everybody calls it


def judged_real(logits: Tensor) -> Tensor:
    """-log D, averaged over patches: the generator's term, and the discriminator's on true frames.

    The generator's term of equation 2 is log(1 - D). Like every implementation since Goodfellow et
    al. (2014, section 3) this minimises -log D instead, which has the same fixed point and a
    gradient while the discriminator wins.
    """
    return F.softplus(-logits.float()).mean()


def judged_painted(logits: Tensor) -> Tensor:
    """-log(1 - D), averaged over patches: the discriminator's term on painted sequences."""
    return F.softplus(logits.float()).mean()


def content_loss(painted: Sequence[Tensor], truth: Sequence[Tensor]) -> Tensor:
    """Equation 3: E_i [ |phi_i(F_gt) - phi_i(F_t)|_1 / N_i ].

    Args:
        painted: Activations of the painted frames, each (N, C_i, H_i, W_i).
        truth: Those of the true frames.

    Returns:
        Mean over layers and pictures; N_i is the number of elements of one picture's activation.

    """
    terms = [(p.float() - t.float()).abs().mean() for p, t in zip(painted, truth, strict=True)]
    return torch.stack(terms).mean()


def style_loss(painted: Sequence[Tensor], truth: Sequence[Tensor]) -> Tensor:
    """Equation 4: E_j [ |G_j(F_t) - G_j(F_gt)|_1 ], averaged over the matrix's elements.

    The paper leaves open how the norm is scaled. Averaged, as in the code of the same group that it
    builds on (EdgeConnect, Nazeri et al. 2019), it is of the size that the weight of 1000 asks for.
    """
    terms = [(gram(p) - gram(t)).abs().mean() for p, t in zip(painted, truth, strict=True)]
    return torch.stack(terms).mean()


def gram(activation: Tensor) -> Tensor:
    """Gram matrices: G_kl = sum_ij phi_kij phi_lij / (C H W), Johnson et al. (2016), section 3.2.

    Args:
        activation: (N, C, H, W) floating.

    Returns:
        (N, C, C) float32, computed in float32 also under autocast.

    """
    count, channels, height, width = activation.shape
    with torch.autocast(activation.device.type, enabled=False):
        flat = activation.float().reshape(count, channels, height * width)
        return torch.bmm(flat, flat.transpose(1, 2)) / (channels * height * width)


def l1_loss(painted: Tensor, truth: Tensor) -> Tensor:
    """Mean absolute difference over every value of (N, 3, H, W) frames."""
    return F.l1_loss(painted.float(), truth.float())
