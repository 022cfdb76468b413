"""How an answer that plays a round of an unrolled game is run, to plain arrays: what the players become.

Like `_outcome.py` this is the half that may run in a sandbox: nothing here knows an answer, and what is
measured is judged elsewhere.
"""

import torch
from torch.nn import functional as F

__all__ = ["run_unrolled_round"]


def run_unrolled_round(function, case):
    """Both players after a round, in float64; G moves points by θ, D's logit is φ·x."""
    real, noise = torch.tensor(case["real"]), torch.tensor(case["noise"])

    def loss(theta, phi):
        return F.softplus(-(real @ phi)).mean() + F.softplus((noise + theta) @ phi).mean()

    theta, phi = torch.tensor(case["theta"]), torch.tensor(case["phi"])
    answer = function(theta, phi, loss, case["steps"], case["ahead"], case["rate"])
    if answer is Ellipsis:
        return {"theta": answer}
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise TypeError("return two tensors: `return theta, phi`")
    theta, phi = (torch.as_tensor(part).detach().double().numpy() for part in answer)
    return {"theta": theta, "phi": phi}
