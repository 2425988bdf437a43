"""Opens pages of the real TensorBoard in headless Chromium and prints what they show as JSON; usage:
pages.py CHROMIUM LOGDIR PAGE[,PAGE...] [FOLDER FOR PICTURES].

    {"scalars": {"ticked": 16, "boxes": 19, "charts": 5, "curves": 16, "text": "..."}, ...}

`boxes` are the runs in the list, `ticked` those that are drawn, `curves` the runs whose numbers the page
has asked for. It judges nothing.
"""

import json
import pathlib
import re
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tensorboard"))

from check import PATIENCE, TensorBoard, event_files  # noqa: E402
from chromium import Browser  # noqa: E402

# Most of the page is in shadow roots.
SHOWN = """(() => {
  const all = [], walk = root => root.querySelectorAll('*').forEach(e => {
    all.push(e); if (e.shadowRoot) walk(e.shadowRoot); });
  walk(document);
  const seen = e => e.getClientRects().length > 0;
  const named = name => all.filter(e => e.localName === name && seen(e));
  const boxes = named('paper-checkbox').filter(e => e.name);
  const rows = named('mat-checkbox').filter(e => e.closest('tb-data-table-content-cell'));
  const text = all.filter(e => seen(e) && !['script', 'style'].includes(e.localName))
    .flatMap(e => [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.data.trim()))
    .filter(t => t);
  return {
    ticked: boxes.filter(e => e.checked).length
      + rows.filter(e => e.querySelector('input').checked).length,
    boxes: boxes.length + rows.length,
    charts: named('tf-scalar-card').length + named('scalar-card').length,
    text: text.join('\\n'),
  };
})()"""


def curves(browser):
    """The runs whose numbers the page has asked for."""
    runs = set()
    for event in browser.events:
        if event.get("method") == "Network.requestWillBeSent":
            request = event["params"]["request"]
            body = request.get("postData", "")
            if "scalars_multirun" in request["url"]:
                runs.update(re.findall(r'name="runs"\s+(\S+)', body))
            if "timeSeries" in request["url"]:
                runs.add("time series")
    return len(runs)


def look(url, page, chromium, folder, patience=20):
    """What the page shows once it changes no more."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(chromium, profile)
        try:
            browser.size(1400, 1000)
            browser.open(f"{url}#{page}")
            before, deadline = None, time.monotonic() + patience
            while time.monotonic() < deadline:
                time.sleep(1.5)
                shown = {**browser.run(SHOWN), "curves": curves(browser)}
                if shown == before and len(shown["text"]) > 200:
                    break
                before = shown
            if folder:
                time.sleep(2)  # curves are drawn after their numbers have come
                browser.picture(f"{folder}/{page}.png", whole=False)
            return shown
        finally:
            browser.process.kill()
            browser.process.wait()


def main():
    chromium, logdir, pages, *folder = sys.argv[1:]
    want = len({pathlib.Path(path).parent for path in event_files(logdir)})
    board = TensorBoard(logdir, load_fast=True)
    try:
        deadline = time.monotonic() + PATIENCE
        while len(board.get("data/runs")) < want and time.monotonic() < deadline:
            time.sleep(0.2)
        seen = {page: look(board.url, page, chromium, folder[0] if folder else None)
                for page in pages.split(",")}
        print(json.dumps(seen))
    finally:
        board.stop()


if __name__ == "__main__":
    main()
