"""Networks small enough to be trained or run in a moment."""

import pytest
import torch

from models.nets.rave import Rave, RaveConfig, plain


@pytest.fixture
def tiny_rave() -> Rave:
    """A RAVE of toy width with random weights and a latent whose components were found."""
    torch.manual_seed(0)
    config = RaveConfig(encoder_widths=(8, 8, 12, 16), decoder_widths=(8, 8, 12, 16), latent=6, condition=4)
    net = plain(Rave(config)).eval()
    assert isinstance(net, Rave)
    net.set_components(torch.randn(400, 6) @ torch.randn(6, 6) + torch.arange(6.0))
    return net
