"""Averages within each member of a stack."""

from gancourse._validate import fail

__all__ = ["per_member"]


def per_member(values, network):
    """A batch (k·n, ...) as (k, n, features): the blocks of a stack's k members, one for a plain network.

    A mean over dimension 1 is then a member's own, and a sum over dimension 0 adds the members' losses, so
    that each member's parameters get the gradient of its loss alone.
    """
    members = getattr(network, "members", 1)
    if len(values) % members:
        fail("values", values, f"as many samples for each of the {members} members")
    return values.reshape(members, len(values) // members, -1)
