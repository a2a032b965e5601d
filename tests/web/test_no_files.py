"""Nothing that a request says names a file of the server."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.mark.parametrize("option", ["field_level=classes.csv", "tags=goal.csv", "field_level=classes.parquet"])
def test_no_option_of_a_request_names_a_file(get, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    (tmp_path / "classes.csv").write_text("work_id,class\nW1,secret\n")
    (tmp_path / "goal.csv").write_text("work_id,sdg_id\nW1,3\n")
    monkeypatch.chdir(tmp_path)
    indicator = "sdg-papers" if option.startswith("tags") else "mncs"
    pages = [f"/rankings/{indicator}/country", f"/path/{indicator}/country", f"/map?indicator={indicator}&unit=city"]
    pages += [f"/records/{indicator}/country/CN", f"/robustness/{indicator}/country"]
    for page in [*pages, f"/api/v1/rankings/{indicator}/country", f"/api/v1/records/{indicator}/country/CN"]:
        answer = get(f"{page}{'&' if '?' in page else '?'}option={option}")
        assert answer.status in (400, 404, 422), (page, answer.status)
        assert "secret" not in answer.text and str(tmp_path) not in answer.text
