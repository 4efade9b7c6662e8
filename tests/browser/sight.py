"""What a page looks like to a camera: its pixels, for a decoder that shares nothing with what made the codes."""

from __future__ import annotations

import base64

from playwright.sync_api import Locator, Page

from tests.web.buyer.images import all_decoded

_GREY = """async (png) => {
  const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, picture.width, picture.height);
  let grey = "";
  for (let at = 0; at < data.length; at += 4) {
    grey += String.fromCharCode(Math.round(0.3 * data[at] + 0.59 * data[at + 1] + 0.11 * data[at + 2]));
  }
  return [picture.width, picture.height, btoa(grey)];
}"""


def codes_seen(blank: Page, shown: Locator) -> list[str]:
    """What the QR codes hold that a page paints there, read from a screenshot. ``blank`` only unpacks the pixels."""
    png = base64.b64encode(shown.screenshot()).decode()
    width, height, grey = blank.evaluate(_GREY, png)
    return all_decoded(width, height, base64.b64decode(grey))
