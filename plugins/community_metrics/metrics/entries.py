"""What the registry holds: marts, and the meaning of their columns. Plain values; `reading` makes them out of the files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["count", "amount", "share", "ratio", "duration", "index"]
DimensionKind = Literal["key", "category", "number", "date", "instant", "flag", "text"]
OverDates = Literal["sum", "mean", "last", "ratio", "never"]
Direction = Literal["up", "down", "neutral"]
Severity = Literal["critical", "warning", "info"]

PLATFORMS = "platforms"
"""In `adds_over`: the rows of scope type `platform` add up to the row of scope `all`."""

TIME_COLUMNS = ("business_date", "period_start", "cohort_start", "entry_period", "window_start")
SCOPE_COLUMNS = ("scope_type", "scope_id")


@dataclass(frozen=True)
class Text:
    """The same words in Chinese and in English."""

    zh: str
    en: str


@dataclass(frozen=True)
class Bounds:
    """What a value may be; None is no limit. A value outside fails the audit with this severity."""

    minimum: float | None = None
    maximum: float | None = None
    severity: Severity = "critical"


@dataclass(frozen=True)
class Place:
    """A column of a mart."""

    mart: str
    column: str

    def __str__(self) -> str:
        return f"{self.mart}.{self.column}"


@dataclass(frozen=True)
class Metric:
    """A number that is measured.

    `over_dates`: how the values of several dates (or periods, or cohorts) become one. `adds_over`: over which other columns
    of the grain sums are right. `numerator`, `denominator`: names of metrics. `places`: where it stands, its home first.
    """

    name: str
    domain: str
    label: Text
    short: Text
    definition: Text
    formula: str
    kind: Kind
    unit: str | None
    over_dates: OverDates
    adds_over: tuple[str, ...]
    direction: Direction
    numerator: str | None
    denominator: str | None
    null_when: Text | None
    bounds: Bounds
    owner: str
    changelog: Mapping[int, str]
    places: tuple[Place, ...]

    @property
    def version(self) -> int:
        return max(self.changelog)

    @property
    def home(self) -> Place:
        return self.places[0]


@dataclass(frozen=True)
class Dimension:
    """A column that tells rows apart or describes them: a key, a category, a date, a flag.

    Without `places` it stands in every mart that has a column of its name. `values`: all that a category may be.
    """

    name: str
    domain: str
    label: Text
    definition: Text
    kind: DimensionKind
    values: tuple[str, ...]
    null_when: Text | None
    bounds: Bounds
    places: tuple[Place, ...]


Entry = Metric | Dimension


@dataclass(frozen=True)
class Mart:
    """A table of the public contract. No two rows agree in all columns of the `grain`."""

    name: str
    domain: str
    label: Text
    definition: Text
    grain: tuple[str, ...]

    @property
    def time(self) -> str | None:
        """The column of the grain that is time."""
        return next((column for column in self.grain if column in TIME_COLUMNS), None)

    @property
    def is_about_persons(self) -> bool:
        """Whether a row is a person, be it under a pseudonym: then the mart is read where the release is, and not sent by the site."""
        return "member_key" in self.grain


@dataclass(frozen=True)
class Domain:
    """A file of the registry."""

    name: str
    label: Text
    owner: str


@dataclass(frozen=True)
class Registry:
    """All files of the registry, in the order of their names; entries in the order of their files."""

    domains: Mapping[str, Domain]
    marts: Mapping[str, Mart]
    metrics: Mapping[str, Metric]
    dimensions: Mapping[str, Dimension]
    units: Mapping[str, Text]

    def entry(self, mart: str, column: str) -> Entry | None:
        """What a column of a mart means: the entry that names the place, else the dimension of that name."""
        place = Place(mart, column)
        for entry in self.entries():
            if place in entry.places:
                return entry
        general = self.dimensions.get(column)
        return general if general is not None and not general.places else None

    def metric_of(self, mart: str, column: str) -> Metric | None:
        """The metric that stands in a column; None for a dimension and for a column that nobody has defined."""
        entry = self.entry(mart, column)
        return entry if isinstance(entry, Metric) else None

    def entries(self) -> Iterator[Entry]:
        yield from self.metrics.values()
        yield from self.dimensions.values()
