"""Every format gives the same rows, and what cannot be read is counted and listed, never fatal, never silent."""

import csv
import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from swift_grpo.formats import row_files
from swift_grpo.formats.rows import prompt_hash, prompt_of, question_of, read_rows

ROWS = [{"question": f'What is {i} + ½, «{i}»?\nLine, "two"', "solution": str(i)} for i in range(600)]


def jsonl(path):
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")


def json_list(path):
    path.write_text(json.dumps(ROWS, indent=1, ensure_ascii=False), encoding="utf-8")


def json_lines_named_json(path):
    jsonl(path)


def table(path, delimiter):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["question", "solution"], delimiter=delimiter)
        writer.writeheader()
        writer.writerows(ROWS)


def parquet(path):
    pq.write_table(pa.Table.from_pylist(ROWS), path, row_group_size=100)


def spread_objects(path):
    path.write_text("\n".join(json.dumps(row, indent=2, ensure_ascii=False) for row in ROWS), encoding="utf-8")


def packed(path):
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write("".join(json.dumps(row) + "\n" for row in ROWS) if ".jsonl" in path.name else json.dumps(ROWS))


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.jsonl", jsonl),
        ("a.jsonl.gz", packed),
        ("a.json.gz", packed),
        ("list.jsonl", json_list),
        ("spread.jsonl", spread_objects),
        ("spread.json", spread_objects),
        ("a.json", json_list),
        ("b.json", json_lines_named_json),
        ("a.csv", lambda path: table(path, ",")),
        ("a.tsv", lambda path: table(path, "\t")),
        ("a.parquet", parquet),
    ],
)
@pytest.mark.parametrize("chunk", [1 << 20, 64])
def test_every_format_gives_the_same_rows(tmp_path, monkeypatch, name, write, chunk):
    monkeypatch.setattr(row_files, "_CHUNK", 256 if "spread" in name and chunk == 64 else chunk)  # holds an object
    write(tmp_path / name)
    rows = read_rows(tmp_path / name)
    assert list(rows) == ROWS
    assert (rows.read, rows.unreadable, rows.complaint()) == (600, 0, "")


def test_a_byte_order_mark_is_no_part_of_a_row(tmp_path):
    for name, text in (("a.jsonl", '{"q": 1}\n'), ("a.json", '[{"q": 1}]'), ("a.csv", "q\n1\n")):
        (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + text.encode())
        assert [list(row) for row in read_rows(tmp_path / name)] == [["q"]]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"question": "half a li', "in string"),
        (b"[1, 2]", "not an object but list"),
        (b'"text"', "not an object but str"),
        (b"\xff\xfe\x00", ""),
        (b'{"a": "\\ud800"}', "surrogate"),  # half a character: it could never be written again
        (b"[" * 100_000, ""),
        (b'{"a": ' + b"9" * 5000 + b"x}", ""),
        (b'{"a": "' + b"x" * 2000 + b'"}', "longer than"),
        (b"__import__('os').system('false')", ""),
    ],
)
def test_an_unreadable_line_is_counted_and_listed_and_costs_no_other(tmp_path, monkeypatch, line, reason):
    monkeypatch.setattr(row_files, "LONGEST_ROW", 1000 if reason == "longer than" else row_files.LONGEST_ROW)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": 1}\n' + line + b'\n\n{"a": 2}')
    rows = read_rows(path)
    assert [row["a"] for row in rows] == [1, 2]
    assert rows.unreadable == 1
    assert rows.listed[0].position == 2
    assert reason in rows.listed[0].reason
    assert "1 of 3 rows" in rows.complaint()


def test_numbers_that_a_float_cannot_hold_keep_their_digits(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"a": 123456789012345678901234567890, "b": NaN, "c": 7}')
    assert list(read_rows(tmp_path / "a.jsonl")) == [{"a": "123456789012345678901234567890", "b": None, "c": 7}]


def test_csv_rows_of_the_wrong_length_and_of_no_utf8_are_listed(tmp_path):
    (tmp_path / "a.csv").write_bytes(b'q,a\n1,2\n1\n1,2,3\n\xff,2\n"x\ny",4\n')
    rows = read_rows(tmp_path / "a.csv")
    assert list(rows) == [{"q": "1", "a": "2"}, {"q": "x\ny", "a": "4"}]
    assert [one.position for one in rows.listed] == [2, 3, 4]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", b"x", "the name must end in"),
        ("a.jsonl", '{"a": 1}\n'.encode("utf-16"), "UTF-16"),
        ("a.json", b'[{"a": 1}, {"a": 2', "after row 1"),
        ("a.parquet", b"PAR1 is not enough", "parquet"),
        ("a.csv", b"q,q\n1,2\n", "twice"),
        ("a.csv.gz", b"", "the name must end in"),
        ("a.jsonl.gz", b'{"a": 1}\n', "cannot be read as gzip"),
        ("b.jsonl.gz", gzip.compress(b'{"a": 1}\n' * 9, mtime=0)[:-9], "cannot be read as gzip"),
    ],
)
def test_a_file_that_is_no_data_set_is_one_clear_error(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=said):
        list(read_rows(tmp_path / name))


def test_nested_columns_of_parquet_survive(tmp_path):
    row = {"messages": [{"role": "user", "content": "2+2?"}], "extra": {"a": [1, 2], "b": {"c": None}}}
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "a.parquet")
    (found,) = read_rows(tmp_path / "a.parquet")
    assert found == row


@pytest.mark.parametrize(
    "row",
    [
        {"messages": [{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "4"}]},
        {"conversations": [{"from": "human", "value": "2+2?"}, {"from": "gpt", "value": "4"}]},
        {"prompt": [{"role": "user", "content": "2+2?"}]},
        {"problem": "2+2?", "messages": None},
        {"query": "", "question": "2+2?"},
    ],
)
def test_the_prompt_is_found_in_every_shape(row):
    assert prompt_of(row) == [{"role": "user", "content": "2+2?"}]
    assert question_of(row) == "2+2?"
    assert prompt_hash(prompt_of(row)) == prompt_hash([{"content": "2+2?", "role": "user", "loss": True}])


@pytest.mark.parametrize(
    "row", [{}, {"messages": []}, {"messages": "", "query": 5}, {"messages": [{"role": "user"}]}, {"messages": [1]}]
)
def test_no_prompt_is_none(row):
    assert prompt_of(row) is None
    assert question_of(row) is None
