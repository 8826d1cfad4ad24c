"""Bounds of the numbers in the settings, as annotations: ``timeout_s: Positive = 20.0``."""

import math
from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a number may be; it must be finite in any case."""

    least: float = 0.0
    most: float = math.inf
    above: bool = False
    """``least`` itself is too small."""

    def words(self) -> str:
        """Say it for people: ``at least 1 and at most 65535``."""
        low = f"{'more than' if self.above else 'at least'} {self.least:g}"
        return low if math.isinf(self.most) else f"{low} and at most {self.most:g}"

    def __contains__(self, number: float) -> bool:
        low = number > self.least if self.above else number >= self.least
        return low and number <= self.most and math.isfinite(number)


Amount = Annotated[float, Bounds()]
Positive = Annotated[float, Bounds(above=True)]
Count = Annotated[int, Bounds()]
AtLeastOne = Annotated[int, Bounds(1)]
Port = Annotated[int, Bounds(1, 65_535)]
