import logging
import sys

import pandas as pd
import pytest

from deepgalaxy.files import read_json, whole_file, write_json, write_table
from deepgalaxy.logs import progress


def test_a_failed_block_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "table.csv"
    target.write_text("old")
    with pytest.raises(RuntimeError), whole_file(target) as path:
        path.write_text("half of the n")
        raise RuntimeError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_finished_block_gives_the_file_its_name(tmp_path):
    target = tmp_path / "new" / "model.keras"
    with whole_file(target) as path:
        assert path.suffix == ".keras"
        path.write_text("whole")
        assert not target.exists()
    assert target.read_text() == "whole"
    assert list(target.parent.iterdir()) == [target]


def test_tables_and_json_are_written_whole_and_alike(tmp_path):
    write_table(pd.DataFrame({"a": [1, 2]}, index=[5, 6]), tmp_path / "tables" / "a.csv")
    assert (tmp_path / "tables" / "a.csv").read_text() == "a\n1\n2\n"
    write_json({"name": "Zürich", "numbers": [1, None]}, tmp_path / "b.json")
    assert (tmp_path / "b.json").read_bytes().decode() == (
        '{\n  "name": "Zürich",\n  "numbers": [\n    1,\n    null\n  ]\n}\n'
    )
    for item in ({"a": object()}, {"b": {1, 2}}):
        with pytest.raises(TypeError):
            write_json(item, tmp_path / "b.json")
    assert read_json(tmp_path / "b.json") == {"name": "Zürich", "numbers": [1, None]}
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["b.json"]


def test_who_writes_files_need_not_import_pandas(run):
    result = run(sys.executable, "-c", "import sys, deepgalaxy.files; assert 'pandas' not in sys.modules")
    assert result.returncode == 0, result.stderr


SCRIPT = """
import sys
from deepgalaxy.logs import logger, script_log
with script_log(sys.argv[1], "some_rule"):
    logger.info("half way")
    print("a library's chatter")
    raise {error}
"""


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("ValueError('Group x is odd.')", "some_rule: Group x is odd. (traceback:"),
        ("KeyError('x')", "some_rule: KeyError: 'x' (traceback:"),
    ],
)
def test_a_failure_is_one_line_on_the_screen_and_a_traceback_in_the_log(tmp_path, run, error, sentence):
    log = tmp_path / "logs" / "some_rule.log"
    result = run(sys.executable, "-c", SCRIPT.format(error=error), log)
    assert result.returncode == 1
    shown = result.stderr.splitlines()
    assert shown[0] == "some_rule: half way"
    assert shown[1].startswith(sentence)
    assert len(shown) == 2 and not result.stdout
    assert "Traceback (most recent call last)" in log.read_text()
    assert "half way" in log.read_text() and "a library's chatter" in log.read_text()


def test_a_screen_that_does_not_know_a_character_shows_the_sentence_all_the_same(tmp_path, run):
    """In the locale C, without Python's UTF-8 mode, text is ASCII."""
    script = SCRIPT.format(error=r"ValueError('8 \xd7 6 pixels.')").replace("half way", r"half \u2026 way")
    ascii_only = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    shown = run(sys.executable, "-c", script, tmp_path / "log", env=ascii_only)
    assert shown.stderr.splitlines()[0] == r"some_rule: half \u2026 way"
    assert shown.stderr.splitlines()[1].startswith(r"some_rule: 8 \xd7 6 pixels. (traceback:")


def test_garbage_is_looked_for_but_not_among_what_a_script_has_imported(tmp_path, run):
    script = SCRIPT.format(error="ValueError(f'{gc.isenabled()} {gc.get_freeze_count() > 1e4}')").replace(
        "sys", "gc, sys", 1
    )
    assert "some_rule: True True (traceback:" in run(sys.executable, "-c", script, tmp_path / "log").stderr


def test_progress_yields_everything_and_tells_the_time_left(caplog):
    with caplog.at_level(logging.INFO, "deepgalaxy"):
        assert list(progress(iter("abc"), 3, "letters", every_seconds=0)) == list("abc")
    assert [record.message.split(",")[0] for record in caplog.records][-2:] == ["1 of 3 letters", "2 of 3 letters"]


def test_the_time_left_is_judged_without_what_is_done_but_once(caplog, monkeypatch):
    """The first of 100 items takes 1000 s, each of the others 1 s."""
    clock = iter([0, 0, 1000, 1000, 1001, 1002])
    monkeypatch.setattr("deepgalaxy.logs.time.monotonic", lambda: next(clock))
    steps = progress(range(100), 100, "steps", every_seconds=0)
    with caplog.at_level(logging.INFO, "deepgalaxy"):
        for _ in range(4):
            next(steps)
    assert [record.message for record in caplog.records] == [
        "1 of 100 steps",
        "2 of 100 steps, 98 s left",
        "3 of 100 steps, 97 s left",
    ]
