"""Take a picture of every page, light and dark, wide and narrow, of the demo's world.

`python tests/browser/shots.py FOLDER [--only NAME ...]` writes `<page>-<light|dark>-<width>.png`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.stand import stand

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.world import World

_SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")


def main() -> None:
    """Make the world, look at it, leave the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    with stand() as services, tempfile.TemporaryDirectory() as tmp:
        from django.core.management import call_command

        from tests.browser.chromium import browsing
        from tests.browser.world import demo_world

        call_command("migrate", verbosity=0)
        with demo_world(services, tmp=Path(tmp)) as world, browsing() as browser:
            _take_all(browser, world, folder=asked.folder, only=asked.only)


def _take_all(browser: Browser, world: World, *, folder: Path, only: list[str]) -> None:
    from evalsite.tenants.scope import tenant
    from tests.browser.chromium import NARROW, WIDE, opened, sign_in
    from tests.browser.rows import PAGES, PUBLIC
    from tests.browser.world import OWNER

    with tenant(world.tenant_id):
        addresses = {name: address() for name, address in {**PUBLIC, **PAGES}.items()}
    for scheme in _SCHEMES:
        for size in (WIDE, NARROW):
            with opened(browser, world.url, viewport=size, color_scheme=scheme) as page:
                for name, address in addresses.items():
                    if name == next(iter(PAGES)):
                        sign_in(page, OWNER, world.password)
                    if only and name not in only:
                        continue
                    page.goto(address)
                    page.screenshot(
                        path=folder / f"{name}-{scheme}-{size['width']}.png", full_page=True
                    )


if __name__ == "__main__":
    main()
