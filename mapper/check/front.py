"""A front, point by point, and that one point leads to the next."""

from __future__ import annotations

from mapper.check.result import check_result
from mapper.errors import CheckError
from mapper.model.front import Front

__all__ = ["check_front"]


def check_front(front: Front) -> tuple[str, ...]:
    """Every point passes :func:`check_result`; of a complete front each begins just below the one before.

    That nothing lies between two points rests on the bounds of each: the first goal's least under a limit on the second
    which is just below the point before, and on the last one having the least of the second goal that there is. The
    limits are compared here; that no figure lies between "below" and "just below" is arithmetic for whole
    numbers and stated by the search for times.

    Returns
    -------
    tuple of str
        What was verified.

    Raises
    ------
    CheckError
        Names the point.
    """
    verified: list[str] = []
    for number, point in enumerate(front.points):
        try:
            verified = list(check_result(point))
        except CheckError as error:
            raise CheckError(error.rule, f"point {number}: {error}") from error
    second = front.axes[1]
    for before, after in zip(front.points, front.points[1:], strict=False):
        limit, least = after.ceilings.of(second), front.values(before)[1]
        if not front.complete:
            continue
        if [goal.goal for goal in after.goals] != list(front.axes) or limit is None or limit >= least:
            raise CheckError("front", f"a point's limit on the {second} is {limit}, not just below {least}")
        if second in ("energy", "tiles") and limit != least - 1:
            raise CheckError("front", f"between {second} {limit} and {least} something may be missing")
    return (f"{len(front.points)} points", *dict.fromkeys(verified))
