"""A gate that refuses what is right would soon be switched off: no history of sound files is refused, whatever has landed of it."""

from __future__ import annotations

import pytest

from community_metrics.audit.bounds import marts_suites
from community_metrics.audit.gates import check_candidate
from community_metrics.settings import Settings
from support.histories.generator import generate_history
from support.histories.pipeline_home import PipelineHome


@pytest.mark.laws
@pytest.mark.parametrize("seed", [101, 102, 103])
def test_no_part_of_a_sound_history_is_refused(home: Settings, seed: int) -> None:
    history = generate_history(seed)
    built = PipelineHome(home, history.rules)
    middle = len(history.files) // 2
    for part in (history.files[:2], history.files[2:middle], history.files[middle:]):
        built.land(part)
        built.build()
        results = check_candidate(built.settings, marts_suites(built.settings))
        assert [result.reason for result in results if result.is_refusal] == []
