"""Names for new things."""

import secrets

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BITS = 80
_LENGTH = 26


def new_id(created_at_ms: int) -> str:
    """A ULID (github.com/ulid/spec): 48 bits of time, 80 of chance, sorted by time of making."""
    number = created_at_ms << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    return "".join(_CROCKFORD[number >> 5 * place & 31] for place in reversed(range(_LENGTH)))
