"""Pictures of a release's site for the README: `python tests/browser/take_screenshots.py <release folder> <folder of the pictures>`."""

from __future__ import annotations

import base64
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from browser.site_browser import SiteBrowser

# name, address, language, theme, width, height (0: the whole page)
PICTURES = (
    ("overview-zh", "index.html", "zh", "light", 1280, 0),
    ("overview-en", "index.html", "en", "light", 1280, 0),
    ("overview-dark", "index.html", "zh", "dark", 1280, 0),
    ("activity-zh", "activity.html", "zh", "light", 1280, 0),
    ("retention-zh", "retention.html#grain=month", "zh", "light", 1280, 0),
    ("retention-en", "retention.html#grain=month", "en", "light", 1280, 0),
    ("conversion-en", "conversion.html", "en", "dark", 1280, 0),
    ("trust-zh", "trust.html", "zh", "light", 1280, 1400),
    ("trust-en", "trust.html", "en", "light", 1280, 1400),
    ("phone-zh", "index.html", "zh", "light", 390, 844),
    ("phone-en", "activity.html", "en", "dark", 390, 844),
)


def main(release: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        browser = SiteBrowser(Path(profile))
        try:
            for name, address, language, theme, width, height in PICTURES:
                browser.wide(width)
                page = f"{(release / 'site').resolve().as_uri()}/{address}"
                browser.open(page)
                browser.remember(language=language, theme=theme)
                browser.open(page)
                (folder / f"{name}.png").write_bytes(picture(browser, width, height))
        finally:
            browser.driver.quit()


def picture(browser: SiteBrowser, width: int, height: int) -> bytes:
    height = height or browser.script("return document.documentElement.scrollHeight")
    browser.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    )
    browser.driver.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
    # Charts follow a change of their box in the next frames and are then drawn in within 300 ms.
    browser.driver.execute_async_script("setTimeout(arguments[0], 800)")
    shot = browser.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
    return base64.b64decode(shot["data"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
