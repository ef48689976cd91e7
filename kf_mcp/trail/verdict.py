"""What a check of the trail found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Head:
    """The newest row of the trail at some time, and its hash: kept elsewhere, it shows whether anything up to it was changed."""

    row: int
    hash: str


@dataclass(frozen=True)
class Verdict:
    """What a check of the whole trail found."""

    head: Head
    """The newest row that fits."""
    broken: int | None = None
    """The number of the first row that does not fit."""
    why: str = ""
    """What is wrong with that row."""
    differs: int = 0
    """The first row that is not the one of the export; 0 where all are."""
    cut_off: int = 0
    """The newest row of the export, where the trail ends before it; else 0."""
    faults: tuple[str, ...] = ()
    """What is wrong with the database itself."""
    kept_otherwise: tuple[int, ...] = ()
    """The entries for whose undoing something else is kept than what was put there."""
    clock_went_back: tuple[int, ...] = ()
    """The rows that are dated before the row before them; the clock was set, and nothing is wrong with the chain."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found to be changed."""
        return self.broken is None and not (self.differs or self.cut_off or self.faults or self.kept_otherwise)
