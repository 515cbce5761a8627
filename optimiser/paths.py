"""Which limits each session is under, from the site down: laid out once, read wherever limits are met.

A depot has some hundred limits and a session is under few of them, so whatever walks along the paths is
linear in cells and limits, where asking every limit for its members is their product.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.certificate import Index
from optimiser.limits import Limit

NONE = -1
_NO_PARENT = np.array([NONE])


@dataclass(frozen=True, eq=False, slots=True)
class Paths:
    """`limit[d, i]` is the d-th limit that session i is under, the largest first; NONE where it has no more.

    `outside_in` are all limits in that order: the site, then by how many are below them, then as given.
    """

    limit: Index
    outside_in: Index

    def under(self, session: int) -> Index:
        """The limits of one session, in the problem's order."""
        own = self.limit[:, session]
        return np.sort(own[own != NONE])

    def is_below_all(self) -> bool:
        """Whether the first limit holds everybody."""
        return bool((self.limit[0] == self.outside_in[0]).all())


@dataclass(frozen=True, eq=False, slots=True)
class Tree:
    """Limits inside limits: `parent[l]` is the limit right above l, `lowest[i]` the last one of session i.

    The site has no parent (NONE), and one without members is right below the site.
    """

    parent: Index
    lowest: Index

    @classmethod
    def of_site_alone(cls, n_sessions: int) -> "Tree":
        """Everybody right below the site."""
        return cls(_NO_PARENT, np.zeros(n_sessions, dtype=np.intp))


def make_paths(limits: tuple[Limit, ...]) -> Paths:
    """The path of every session."""
    if len(limits) == 1 and limits[0].members.all():  # most depots: a twentieth of a small one's solve time
        return Paths(np.zeros((1, limits[0].members.size), dtype=np.intp), np.zeros(1, dtype=np.intp))
    below = [np.flatnonzero(limit.members) for limit in limits]
    size = np.array([members.size for members in below], dtype=np.intp)
    outside_in = np.lexsort((-size, np.arange(size.size) > 0))
    session = np.concatenate([below[limit] for limit in outside_in])
    limit = np.repeat(outside_in, size[outside_in])
    order = np.argsort(session, kind="stable")
    counts = np.bincount(session, minlength=limits[0].members.size)
    depth = np.arange(session.size) - np.repeat(np.cumsum(counts) - counts, counts)
    path = np.full((counts.max(initial=1), counts.size), NONE, dtype=np.intp)
    path[depth, session[order]] = limit[order]
    return Paths(path, outside_in)


def make_tree(paths: Paths) -> Tree | None:
    """The limits as a tree below one that holds everybody; None where they do not form one.

    They do where all members of a limit have the same one right above it: then the one above holds it.
    """
    if not paths.is_below_all():
        return None
    parent = np.full(paths.outside_in.size, paths.outside_in[0])
    parent[paths.outside_in[0]] = NONE
    lowest = paths.limit[0].copy()
    for above, here in zip(paths.limit[:-1], paths.limit[1:], strict=True):
        some = here != NONE
        parent[here[some]] = above[some]
        lowest[some] = here[some]
    steps = zip(paths.limit[:-1], paths.limit[1:], strict=True)
    nested = all(bool(((here == NONE) | (parent[here] == above)).all()) for above, here in steps)
    return Tree(parent, lowest) if nested else None
