"""Flags, encodings and delimited tables."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.sources.values.encoding import decode
from armillary.sources.values.flag import read_flags
from armillary.sources.values.table import find_column, fold_name, read_records, sniff_layout


@pytest.mark.parametrize("text", ["bep", "b e p", "B,E,P", "(bep)", "break; estimated value; provisional", "Time series break|E|P"])
def test_flags_in_any_spelling(text):
    assert read_flags(text).value == ("break", "estimated", "provisional")


def test_one_letter_means_what_its_vocabulary_says():
    assert read_flags("s", vocabulary="eurostat").value == ("estimated",) and read_flags("s").value == ("strike",)
    assert read_flags("A").value == read_flags("").value == () and read_flags("\u2021").reason == "flag-unknown"
    assert read_flags("NAT_EST").value == ("estimated",)


TEXTS = ["T\u00fcrkiye,C\u00f4te d'Ivoire\n", "S\u00e3o Paulo;1\n", "plain,ascii\n"]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_encodings_are_known_by_their_bytes(text, encoding):
    if encoding in ("utf-16-le", "utf-16-be") and not text.isascii():
        text += "and some more text of ordinary letters\n" * 3
    assert decode(text.encode(encoding)).text == text


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "shift-jis", "gbk", "euc-kr"])
def test_other_code_pages_are_not_taken_for_western(encoding):
    text = {"cp1251": "\u041f\u0440\u0438\u0432\u0435\u0442", "koi8-r": "\u041c\u043e\u0441\u043a\u0432\u0430"}.get(
        encoding, "\u6771\u4eac\u5317\u4eac" if encoding != "gbk" else "\u5317\u4eac\u4e0a\u6d77"
    )
    assert decode(f"{text},1\n".encode(encoding)).reason == "encoding-unknown"
    assert decode(f"{text},1\n".encode(encoding), encoding).text == f"{text},1\n"


def test_damaged_utf8_is_said_with_its_line_and_binary_is_no_text():
    bad = decode("caf\u00e9\ncr\u00e8me\n".encode() + b"\xff\n")
    assert (bad.reason, bad.line) == ("encoding-damaged", 3)
    assert decode(b"PK\x03\x04\x00\x00\x01").reason == "not-text"


@given(st.binary(max_size=200))
def test_any_bytes_give_text_or_a_reason(data):
    got = decode(data)
    assert (got.text is None) != (got.reason is None)


_CELL = st.text("abc019 ,;|\t\"'\n\u00e9", max_size=8)


@given(
    st.lists(st.lists(_CELL, min_size=3, max_size=3), min_size=1, max_size=8),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_is_written_with_quotes_is_read_back(rows, separator, end):
    out = io.StringIO()
    csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator=end).writerows([["x", "y", "z"], *rows])
    got = list(read_records(out.getvalue()))
    assert [list(r.values) for r in got] == [["x", "y", "z"], *[r for r in rows if any(v.strip() for v in r)]]
    assert all(r.problem is None for r in got)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_what_parts_all_records_alike(separator):
    rows = [["country", "name, long; name", "value"], ["1", "a; b, c", "1.5"], ["2", "d", "2"]]
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\n").writerows(rows)
    assert sniff_layout(out.getvalue()).separator == separator


def test_decimal_commas_do_not_make_a_comma_the_separator():
    assert sniff_layout("a;b;c\n1,5;2,5;3,5\n1,5;2,5;3,5\n").separator == ";"
    assert sniff_layout("sep=|\na|b\n").skip == 1


def test_a_quote_that_nothing_closes_costs_one_record():
    text = 'id,name\n1,"never closed\n2,b\n3,c\n4,"x"\n5,e\n'
    got = list(read_records(text))
    assert [(r.line, r.problem) for r in got if r.problem] == [(2, "quote-not-closed")]
    assert [r.values for r in got if not r.problem] == [("id", "name"), ("2", "b"), ("3", "c"), ("4", "x"), ("5", "e")]
    again = list(read_records(text + '6,"f\n7,g\n'))
    assert [r.values[0] for r in again if not r.problem] == ["id", "2", "3", "4", "5", "7"]


def test_a_lone_quote_in_a_file_without_quoting_is_a_letter():
    text = 'id|address|x\n1|5" pipe|a\n2|b|c\n'
    assert [r.values for r in read_records(text)][1] == ("1", '5" pipe', "a")


def test_names_of_columns_are_folded():
    assert fold_name("\u00ef\u00bb\u00bfCountry Code") == fold_name("country-code") == "country_code"
    assert find_column(["Country Code", "Value"], "country", "country_code") == "Country Code"


def test_a_long_table_is_read_to_its_end_with_the_right_lines():
    text = "id,name\n" + "".join(f'{n},"a\nb"\n' if n % 7 == 0 else f"{n},x\n" for n in range(50_000))
    got = list(read_records(io.StringIO(text, newline=""), sniff_layout(text[:1000], is_whole=False)))
    assert [r.values[0] for r in got[1:]] == [str(n) for n in range(50_000)]
    assert got[-1].line == text.count("\n") and all(r.problem is None for r in got)
