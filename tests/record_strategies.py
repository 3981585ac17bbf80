"""Any record that the fields allow, drawn from their own limits."""

import string
from datetime import UTC, date, datetime

from hypothesis import strategies as st

from vertebroplasty.anatomy.levels import LEVELS
from vertebroplasty.registry.entry.field_tree import ValueKind, fields_of

NAMES = st.text(string.ascii_letters + string.digits, min_size=1, max_size=8)
TEXTS = st.text(
    st.characters(exclude_categories=("Cc", "Cs")) | st.sampled_from("=+-@\t\n;|'\"[]"), min_size=1, max_size=20
).filter(lambda text: text == text.strip() and text)
DAYS = st.dates(date(1995, 1, 1), date(2025, 12, 31))
MOMENTS = st.datetimes(datetime(1995, 1, 1), datetime(2025, 12, 31), timezones=st.just(UTC))


def _numbers(info):
    low, high = info.limits.get("ge"), info.limits.get("le")
    if info.kind is ValueKind.WHOLE:
        return st.integers(low, high)
    return st.floats(low, high, allow_nan=False, allow_infinity=False).map(lambda x: x + 0.0)


def values_of(info):
    """Values of a field, lists and null aside."""
    if info.inner is not None:
        return parts_of(info.inner)
    simple = {
        ValueKind.YES_NO: st.booleans(),
        ValueKind.DAY: DAYS,
        ValueKind.MOMENT: MOMENTS,
        ValueKind.LEVEL: st.sampled_from(LEVELS),
        ValueKind.PSEUDONYM: NAMES,
        ValueKind.TEXT: TEXTS,
        ValueKind.CODE: st.text("12345", min_size=5, max_size=5),
    }
    if info.words:
        return st.sampled_from(info.words)
    return simple[info.kind] if info.kind in simple else _numbers(info)


def parts_of(cls, **fixed):
    """Plain values of a record or of a part of one, for its class's validator."""
    drawn = {}
    for name, info in fields_of(cls).items():
        if name in fixed:
            drawn[name] = st.just(fixed[name])
            continue
        values = values_of(info)
        if info.listed:
            values = st.lists(values, min_size=1 if info.required else 0, max_size=2)
        drawn[name] = st.none() | values if info.nullable else values
    return st.fixed_dictionaries(drawn)


def records_of(cls, **fixed):
    """Records of a class."""
    from vertebroplasty.registry.entry.reading import adapter

    return parts_of(cls, **fixed).map(adapter(cls).validate_python)
