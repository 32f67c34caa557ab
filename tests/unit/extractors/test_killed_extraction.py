"""`kill -9` in the middle of an extraction, in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path

from community_metrics.settings import Settings
from support.extraction import Runner, wecom_connection
from support.simulated_platforms.server import Reply
from support.simulated_platforms.wecom import SimulatedWeCom


def pull(home: str, platform_url: str) -> None:
    platform = type("Elsewhere", (), {"url": platform_url})()
    Runner(Settings(home=Path(home))).once("wecom_groups", wecom_connection(platform))


def test_a_killed_extraction_goes_on_with_what_it_had_not_asked_yet(tmp_path: Path) -> None:
    with SimulatedWeCom(groups=20) as platform:
        platform.misbehave("groupchat/get", Reply({"errcode": 0, "padding": "x" * 500}, broken="trickle"), after=12)
        process = multiprocessing.get_context("spawn").Process(target=pull, args=(str(tmp_path), platform.url))
        process.start()
        deadline = time.monotonic() + 60
        while len(platform.asked("groupchat/get")) < 13:
            assert time.monotonic() < deadline and process.is_alive()
            time.sleep(0.02)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        assert not (tmp_path / "landing" / "inbox").exists()

        platform.calls.clear()
        runner = Runner(Settings(home=tmp_path))
        runner.once("wecom_groups", wecom_connection(platform))
        assert [call.request["chat_id"] for call in platform.asked("groupchat/get")] == [f"wr{number:03}" for number in range(12, 20)]
        assert platform.asked("groupchat/list") == []
        assert len(runner.pages("wecom_groups", "groupchat/get")) == 20
