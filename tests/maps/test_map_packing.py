"""What the page unpacks is what was packed, whatever it was."""

import random
import zlib
from base64 import b64encode

import numpy as np
import pytest
from campaign import examples
from desk_script import run
from hypothesis import given, settings
from hypothesis import strategies as st

from facilityplan.maps.packing import FEWEST, OWN_STREAM, Pack

WHOLE = st.integers(-(2**40), 2**40)
SHORT = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))
ANY = st.floats(-1e12, 1e12, allow_nan=False)
NAMES = st.text(max_size=6)


def lists(item):
    return st.lists(item, min_size=FEWEST, max_size=FEWEST + 4)


TREES = st.recursive(st.lists(WHOLE, max_size=4), lambda inner: st.lists(inner, max_size=4))
VALUES = st.one_of(
    lists(WHOLE),
    lists(st.integers(0, 3)),
    lists(SHORT),
    lists(ANY),
    lists(SHORT | st.none()),
    lists(WHOLE | st.none()),
    lists(NAMES),
    lists(TREES),
    st.lists(st.booleans() | NAMES, max_size=3),
)


def unpacked(value):
    pack = Pack()
    lean = pack.lean(value)
    body = "return desk.unpack(JSON.stringify(input[0]), input[1]);"
    return run(body, [lean, pack.compressed()], "unpack")


@settings(max_examples=examples(25), deadline=None)
@given(st.lists(VALUES, max_size=4))
def test_a_value_comes_back(values):
    assert unpacked({str(n): value for n, value in enumerate(values)}) == {
        str(n): value for n, value in enumerate(values)
    }


@settings(max_examples=examples(15), deadline=None)
@given(st.lists(st.integers(-(2**31), 2**31 - 1), max_size=40), st.booleans())
def test_arrays_come_back_as_such(values, sort):
    values = sorted(values) if sort else values
    pack = Pack()
    lean = pack.lean({"a": np.array(values, dtype=np.int32)})
    body = """
        const { a } = desk.unpack(JSON.stringify(input[0]), input[1]);
        return [Object.prototype.toString.call(a), Array.from(a)];"""
    assert run(body, [lean, pack.compressed()], "unpack") == ["[object Int32Array]", values]


def test_a_long_list_is_read_when_it_is_asked_for():
    pack = Pack()
    names = [f"estate {n}" for n in range(OWN_STREAM)]
    lean = pack.lean({"names": names, "few": list(range(FEWEST))})
    shared, own = pack.compressed().split("\n")
    body = """
        const found = desk.unpack(JSON.stringify(input[0]), input[1]);
        const few = found.few;
        try { return found.names; } catch (error) { return [few, error.message]; }"""
    assert run(body, [lean, f"{shared}\n{own}"], "unpack") == names
    assert run(body, [lean, f"{shared}\n{own[:400]}"], "unpack") == [
        list(range(FEWEST)),
        "damaged data",
    ]


def test_half_characters_are_replaced_and_marks_kept():
    names = ["\ufeff甲", "\ud800", "𠮷", "", "\u0000<b>"] * FEWEST
    assert unpacked(names)[:5] == ["\ufeff甲", "\ufffd", "𠮷", "", "\u0000<b>"]


@pytest.mark.parametrize("level", [0, 1, 6, 9])
def test_every_kind_of_block_is_inflated(level):
    chance = random.Random(7)
    raw = bytes(chance.randrange(256) for _ in range(70_000)) + b"abc" * 50_000 + bytes(300)
    held = b64encode(zlib.compress(raw, level)).decode()
    body = """
        const bytes = Uint8Array.from(atob(input), (letter) => letter.charCodeAt(0));
        return Array.from(desk.inflate(bytes));"""
    assert bytes(run(body, held, "unpack")) == raw


def test_damaged_data_is_refused_not_drawn():
    held = b64encode(zlib.compress(bytes(range(256)) * 40)[:60]).decode()
    body = """
        const bytes = Uint8Array.from(atob(input), (letter) => letter.charCodeAt(0));
        try { desk.inflate(bytes); return "drawn"; } catch (error) { return error.message; }"""
    assert run(body, held, "unpack") == "damaged data"
