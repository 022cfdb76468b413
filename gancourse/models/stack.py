"""k networks of one shape as a single network, whose layers do the work of all k in one batched product."""

import copy

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.modules.dropout import _DropoutNd

from gancourse._validate import fail

__all__ = ["stack", "unstack_"]


def stack(networks):
    """One network that is k networks side by side: a copy of the first with stacked layers in it.

    A batch of it is k blocks of n samples, the first n for the first network and so on: what takes (n, …) to
    (n, …) in a member takes (k·n, …) to (k·n, …) here. Linear layers become one batched product of k
    matrices; batch norm and layer norm normalise within a block as each member would. Whatever has no numbers
    of its own, such as an activation, serves all. Every parameter keeps its name and gets a leading axis of
    length k. Each module has ``members = k``, for code that must tell the blocks apart.

    The forward pass must treat samples alone, or in groups that divide n (packing does).

    Arguments:
        networks: a list of modules of the same structure, made of Linear, BatchNorm1d, LayerNorm and modules
            without parameters.

    Returns:
        a module of the first one's class.

    Raises:
        ValueError: the list is empty, the networks differ in structure, or a layer cannot be stacked.

    Example:
        >>> from gancourse.models import MLPDiscriminator
        >>> a, b = MLPDiscriminator(), MLPDiscriminator()
        >>> both, x = stack([a, b]), torch.randn(3, 2)
        >>> torch.allclose(both(torch.cat([x, x])), torch.cat([a(x), b(x)]), atol=1e-6)
        True
    """
    networks = list(networks)
    if not networks or not all(isinstance(network, nn.Module) for network in networks):
        fail("networks", networks, "a list of modules, at least one")
    shapes = [{name: value.shape for name, value in network.state_dict().items()} for network in networks]
    same = all(
        shape == shapes[0] and str(network) == str(networks[0])
        for shape, network in zip(shapes, networks, strict=True)
    )
    if not same:
        fail("networks", f"{len(networks)} that differ", "networks of one structure")
    stacked = copy.deepcopy(networks[0])
    _replace(stacked, networks, "")
    for module in stacked.modules():
        module.members = len(networks)
    return stacked


@torch.no_grad()
def unstack_(stacked, networks):
    """Copy the numbers of a stack back into its k networks, in place.

    Buffers that a wrapper holds for all members, such as the count of an annealing, go to each of them.

    Raises:
        ValueError: there are not as many networks as members, or they are of another structure.
    """
    networks, own = list(networks), stacked.state_dict()
    if len(networks) != stacked.members or any(n.state_dict().keys() != own.keys() for n in networks):
        fail("networks", f"{len(networks)} networks", f"the {stacked.members} that were stacked")
    for i, network in enumerate(networks):
        for name, value in network.state_dict().items():
            value.copy_(own[name] if own[name].shape == value.shape else own[name][i])


def _replace(module, originals, where):
    """Put stacked layers in the place of a module's children, and of theirs."""
    for name, child in module.named_children():
        children, path = [getattr(original, name) for original in originals], f"{where}{name}"
        if type(child) in _STACKED:
            setattr(module, name, _STACKED[type(child)](children))
        elif isinstance(child, _DropoutNd):
            fail("networks", path, "no dropout, which would draw for all members from one stream")
        else:
            _replace(child, children, f"{path}.")
    for name, _ in module.named_parameters(recurse=False):
        fail("networks", f"{where}{name} of a {type(module).__name__}", _KNOWN)


_KNOWN = "parameters in Linear, BatchNorm1d and LayerNorm layers only"


def _parameters(layers, name):
    values = [getattr(layer, name) for layer in layers]
    return None if values[0] is None else nn.Parameter(torch.stack([value.detach() for value in values]))


class _Product(torch.autograd.Function):
    """x wᵀ + b, block by block: x (k, n, in), w (k, out, in), b (k, out).

    PyTorch's own gradient of a batched product takes up to eight times as long where in or out is 1 or 2, as
    in the first and last layers of toys: there the order of the factors decides. The backward pass is made of
    ordinary operations, so it can be differentiated again.
    """

    @staticmethod
    def forward(ctx, x, w, b):
        ctx.save_for_backward(x, w)
        transposed = w.transpose(1, 2)
        return torch.bmm(x, transposed) if b is None else torch.baddbmm(b.unsqueeze(1), x, transposed)

    @staticmethod
    def backward(ctx, slope):
        x, w = ctx.saved_tensors
        widens = w.shape[1] > w.shape[2]
        for_x = for_w = for_b = None
        if ctx.needs_input_grad[0]:
            # the same numbers, laid out by columns
            columns = w.transpose(1, 2).contiguous().transpose(1, 2) if widens else w
            for_x = torch.bmm(slope, columns)
        if ctx.needs_input_grad[1]:
            if widens:
                for_w = torch.bmm(x.transpose(1, 2), slope).transpose(1, 2)
            else:
                for_w = torch.bmm(slope.transpose(1, 2), x)
        if ctx.needs_input_grad[2]:
            for_b = slope.sum(1)
        return for_x, for_w, for_b


class _Linear(nn.Module):
    """x with shape (k·n, in) to (k·n, out), block by block with its own weights (k, out, in)."""

    def __init__(self, layers):
        super().__init__()
        self.weight, self.bias = _parameters(layers, "weight"), _parameters(layers, "bias")
        self.in_features, self.out_features = layers[0].in_features, layers[0].out_features

    def forward(self, x):
        x = x.view(len(self.weight), -1, self.in_features)
        return _Product.apply(x, self.weight, self.bias).flatten(0, 1)

    def extra_repr(self):
        return f"members={len(self.weight)}, in_features={self.in_features}, out_features={self.out_features}"


class _LayerNorm(nn.Module):
    """Each sample over its own features, then the member's scale and shift."""

    def __init__(self, layers):
        super().__init__()
        self.weight, self.bias = _parameters(layers, "weight"), _parameters(layers, "bias")
        self.shape, self.eps, self.members = layers[0].normalized_shape, layers[0].eps, len(layers)

    def forward(self, x):
        y = F.layer_norm(x, self.shape, eps=self.eps)
        if self.weight is not None:
            y = y.unflatten(0, (self.members, -1)) * self.weight.unsqueeze(1)
            y = (y if self.bias is None else y + self.bias.unsqueeze(1)).flatten(0, 1)
        return y


class _BatchNorm(nn.Module):
    """Batch norm within each block: its statistics, and running averages, are the member's own."""

    def __init__(self, layers):
        super().__init__()
        first = layers[0]
        if first.running_mean is None or first.momentum is None:
            fail("networks", first, "a batch norm with running averages and a momentum")
        self.weight, self.bias = _parameters(layers, "weight"), _parameters(layers, "bias")
        for name in ("running_mean", "running_var"):
            self.register_buffer(name, torch.stack([getattr(layer, name) for layer in layers]))
        self.register_buffer("num_batches_tracked", first.num_batches_tracked.clone())
        self.eps, self.momentum, self.members = first.eps, first.momentum, len(layers)

    def forward(self, x):
        # (k·n, c) as n samples of k·c features: one call normalises each feature of each block by itself.
        y = x.view(self.members, -1, x.shape[1]).transpose(0, 1).flatten(1)
        flat = [None if value is None else value.flatten() for value in (self.weight, self.bias)]
        if self.training:
            self.num_batches_tracked.add_(1)
        y = F.batch_norm(
            y, self.running_mean.view(-1), self.running_var.view(-1), *flat,
            training=self.training, momentum=self.momentum, eps=self.eps,
        )  # fmt: skip
        return y.unflatten(1, (self.members, -1)).transpose(0, 1).flatten(0, 1)


_STACKED = {nn.Linear: _Linear, nn.LayerNorm: _LayerNorm, nn.BatchNorm1d: _BatchNorm}
