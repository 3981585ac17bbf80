"""Records without anything that names a person: new ids, shifted days, grouped ages, no free text.

What stays are numbers and coded words.  Ids of patients, procedures, follow-ups, rehearsals, centres, operators, plans,
products and conversion tables, and the hashes of logs, become keyed hashes (HMAC-SHA-256 under a secret that is kept
nowhere): the same stays the same.
All days of a patient move into the past by one secret number of days, farther than the whole registry reaches:
intervals stay, and no day of the original can stand in the result.  Moments are dropped; the clock's seconds stay.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from vertebroplasty.errors import Refused
from vertebroplasty.registry.entry.field_tree import CODED, FieldInfo, ValueKind, fields_of
from vertebroplasty.registry.records import FIRST_BIRTH_YEAR, OWN_SERIES, Patient, Procedure, Record
from vertebroplasty.registry.rehearsals.record import Rehearsal
from vertebroplasty.selection.rules import all_rules, guideline_names

__all__ = ["GROUPED_AGE", "WITHHELD", "Deidentifier", "Survey", "shipped_names"]

GROUPED_AGE = 90  # [choice] years: stands for 90 and above, so that nobody's age above 89 is told
DAYS_A_YEAR = 365.25  # [exact] Julian year
SPREAD_DAYS = 365  # [choice] days by which the shifts of two patients may differ
MARGIN_DAYS = 30  # [choice] days between the last shifted day and the first original one
SHORTEST_SECRET = 16  # [choice] bytes: 128 bits
ID_BYTES = 10  # [choice] bytes of a new id: 80 bits, so that a million ids do not meet
MID_YEAR = (7, 1)  # [choice] month and day that stand for a birth at any time of the year
WITHHELD = "withheld"
DOMAINS = {
    "pseudonym": "patient",
    "patient": "patient",
    "procedure_id": "procedure",
    "procedure": "procedure",
    "follow_up_id": "follow-up",
    "centre": "centre",
    "rehearsal_id": "rehearsal",
    "case": "case",
    "state_sha256": "state",
    "log_sha256": "log",
    "operator": "operator",
    "assistants": "operator",
    "plan_id": "plan",
    "series": "series",
    "product": "product",
    "morphine_table": "table",
    "anticoagulants": "agent",
}
REASONS = ("lost_because", "not_evaluated_because")
RULE_NAMES = ("fired_rules", "overrides", "rule_sets")


def shipped_names() -> frozenset[str]:
    """The ids of rules and guidelines that this program brings: they name no person."""
    return frozenset((*(rule.id for rule in all_rules()), *guideline_names()))


@dataclass(slots=True)
class _Life:
    """What the records of one patient say about age: years at a day, and the last day."""

    birth_year: int | None = None
    ages: list[tuple[date, float | None]] = field(default_factory=list)
    last: date | None = None

    @property
    def oldest(self) -> float | None:
        """The highest age that the records let one work out."""
        if self.last is None:
            return None
        found = [age + (self.last - day).days / DAYS_A_YEAR for day, age in self.ages if age is not None]
        if self.birth_year is not None:
            found.append(float(self.last.year - self.birth_year))
        return max(found, default=None)


class Survey:
    """The first walk over the records: the reach of the days, each patient's age, and whose a procedure is."""

    def __init__(self) -> None:
        self.first: date | None = None
        self.last: date | None = None
        self.lives: dict[str, _Life] = {}
        self.patient_of: dict[str, str] = {}

    def see(self, record: Record | Rehearsal) -> None:
        """Take in one record; patients come before their procedures, procedures before their follow-ups.

        A rehearsal tells nothing about a patient.

        Raises:
            Refused: a follow-up comes before its procedure.
        """
        if isinstance(record, Rehearsal):
            return
        if isinstance(record, Procedure):
            self.patient_of[record.procedure_id] = record.patient
        life = self.lives.setdefault(self.whose(record), _Life())
        if isinstance(record, Patient):
            life.birth_year = record.birth_year
        if isinstance(record, Procedure) and record.performed_on is not None:
            life.ages.append((record.performed_on, record.age_years))
        for day in _days(record):
            life.last = day if life.last is None else max(life.last, day)
            self.first = day if self.first is None else min(self.first, day)
            self.last = day if self.last is None else max(self.last, day)

    def whose(self, record: Record) -> str:
        """The pseudonym of a record's patient."""
        if isinstance(record, Patient):
            return record.pseudonym
        if isinstance(record, Procedure):
            return record.patient
        if record.procedure not in self.patient_of:
            raise Refused(f"The follow-up of procedure {record.procedure} comes before it: put parents first.")
        return self.patient_of[record.procedure]


class Deidentifier:
    """Turns records into ones that name nobody.

    Args:
        secret: at least 16 random bytes, new for each export and never written.
        survey: of all the records that will be turned.
    """

    def __init__(self, secret: bytes, survey: Survey) -> None:
        if len(secret) < SHORTEST_SECRET:
            raise Refused(f"The secret has {len(secret)} bytes: take {SHORTEST_SECRET} random ones or more.")
        self._secret = secret
        self._survey = survey
        self._shipped = shipped_names()
        reach = (survey.last - survey.first).days if survey.first is not None and survey.last is not None else 0
        self._base_days = reach + MARGIN_DAYS

    def record(self, record: Record | Rehearsal) -> Record | Rehearsal:
        """A record without anything that names a person; the moment of a rehearsal is left out."""
        if isinstance(record, Rehearsal):
            rehearsal: Rehearsal = self._cleaned(record, Rehearsal, timedelta())
            return rehearsal
        whose = self._survey.whose(record)
        life = self._survey.lives[whose]
        back = timedelta(days=self._base_days + self._number("shift", whose) % SPREAD_DAYS)
        cleaned: Any = self._cleaned(record, type(record), back)
        if isinstance(record, Patient):
            cleaned = replace(cleaned, birth_year=_birth_year(life, back))
        elif isinstance(record, Procedure):
            cleaned = replace(cleaned, age_years=_age(record, life))
        answer: Record = cleaned
        return answer

    def new_id(self, domain: str, name: str) -> str:
        """The new id of something that was called `name`."""
        digest = hmac.digest(self._secret, f"{domain}|{name}".encode(), hashlib.sha256)
        return f"{domain}-{base64.b32encode(digest[:ID_BYTES]).decode().lower()}"

    def _number(self, domain: str, name: str) -> int:
        return int.from_bytes(hmac.digest(self._secret, f"{domain}|{name}".encode(), hashlib.sha256), "big")

    def _cleaned(self, item: Any, cls: type[Any], back: timedelta) -> Any:
        """An object with every field cleaned by its kind."""
        values: dict[str, Any] = {}
        for name, info in fields_of(cls).items():
            value = getattr(item, name)
            if value is None or value == () or (info.kind in CODED and info.inner is None):
                values[name] = value
            elif info.listed:
                values[name] = tuple(self._one(entry, info, back) for entry in value)
            else:
                values[name] = self._one(value, info, back)
        return cls(**values)

    def _one(self, value: Any, info: FieldInfo, back: timedelta) -> Any:
        """One value that is not coded: an object, a day, a moment, an id or a text."""
        if info.inner is not None:
            return self._cleaned(value, info.inner, back)
        if info.kind is ValueKind.DAY:
            return _shifted(value, back)
        if info.name == "series" and value == OWN_SERIES:
            return value
        if info.name in DOMAINS:
            return self.new_id(DOMAINS[info.name], value)
        if info.name in RULE_NAMES:
            return value if self._is_shipped(value) else self.new_id("rule", value)
        if info.name in REASONS:
            return WITHHELD
        return self.new_id("id", value) if info.kind is ValueKind.PSEUDONYM else None

    def _is_shipped(self, name: str) -> bool:
        """Whether this is the id of a rule, or a guideline with its version, that this program brings."""
        guideline, _, version = name.partition("/")
        return guideline in self._shipped and (not version or (version.isascii() and version.isdigit()))


def _days(record: Any) -> list[date]:
    """Every day in a record, those within its lists included."""
    found: list[date] = []
    for name, info in fields_of(type(record)).items():
        value = getattr(record, name)
        if value is None:
            continue
        if info.kind is ValueKind.DAY:
            found.append(value)
        elif info.kind is ValueKind.MOMENT:
            found.append(value.date())
        elif info.inner is not None:
            for item in value if info.listed else (value,):
                found += _days(item)
    return found


def _shifted(day: date, back: timedelta) -> date | None:
    """A day moved into the past; None where the calendar ends."""
    try:
        return day - back
    except OverflowError:
        return None


def _age(procedure: Procedure, life: _Life) -> float | None:
    """The age in whole years; 90 from 90 on; None where a later day would give an age above 89 away."""
    age = procedure.age_years
    if age is None:
        return None
    if age >= GROUPED_AGE:
        return float(GROUPED_AGE)
    oldest = life.oldest
    return None if oldest is not None and oldest >= GROUPED_AGE else float(int(age))


def _birth_year(life: _Life, back: timedelta) -> int | None:
    """A year of birth that fits the shifted days and the ages told; None for whom it would tell an age above 89."""
    oldest = life.oldest
    if oldest is None or oldest >= GROUPED_AGE:
        return None
    guess = None if life.birth_year is None else _shifted(date(life.birth_year, *MID_YEAR), back)
    if guess is None:
        return None
    ages = [(_shifted(when, back), float(int(years))) for when, years in life.ages if years is not None]
    for year in (guess.year, guess.year - 1, guess.year + 1):
        fits = all(when is not None and when.year - year - 1 <= years < when.year - year + 1 for when, years in ages)
        if fits and year >= FIRST_BIRTH_YEAR:
            return year
    return None
