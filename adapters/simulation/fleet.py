"""What the examples of several vendors must agree on, so that they can be joined."""


def example_vin(number: int) -> str:
    """The invented VIN of the example vehicle with this number."""
    return f"SXM{number:014}"
