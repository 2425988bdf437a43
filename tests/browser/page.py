"""Opens a page in headless Chromium as a reader would, points, clicks and presses keys in it, and
prints what it saw as JSON; usage: page.py CHROMIUM PAGE [FOLDER FOR PICTURES].
"""

import json
import pathlib
import sys
import tempfile

from chromium import Browser

# Contrast by WCAG 2: (lighter + 0.05) / (darker + 0.05); the least over all texts on their grounds.
CONTRAST = """(() => {
  const parse = c => { const m = c.match(/[\\d.]+/g).map(Number); return c.startsWith('color(')
    ? [m[0] * 255, m[1] * 255, m[2] * 255, m[3] ?? 1] : [m[0], m[1], m[2], m[3] ?? 1]; };
  const light = ([r, g, b]) => [r, g, b].map(v => { v /= 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; })
    .reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = e => { if (!e) return [255, 255, 255, 1];
    const [r, g, b, a] = parse(getComputedStyle(e).backgroundColor);
    if (a === 1) return [r, g, b, 1];
    const below = ground(e.parentElement);
    return [r * a + below[0] * (1 - a), g * a + below[1] * (1 - a), b * a + below[2] * (1 - a), 1]; };
  let least = [99, ''];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.getClientRects().length || e.closest('script,style,[hidden]')) continue;
    const svg = e instanceof SVGElement;
    const [a, b] = [light(parse(getComputedStyle(e)[svg ? 'fill' : 'color'])),
      light(ground(svg ? e.closest('svg').parentElement : e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < least[0]) least = [ratio, e.outerHTML.slice(0, 120)];
  }
  return least;
})()"""

TIP = "[...document.querySelectorAll('.tip')].filter(t => !t.hidden).map(t => t.innerText)"
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def look(browser, folder):
    """All that a test asks of the page."""
    def picture(name):
        if folder:
            browser.picture(f"{folder}/{name}.png")

    seen = {}
    exists = lambda selector: browser.run(f"!!document.querySelector({json.dumps(selector)})")
    for name, size in {"desk": (1200, 900), "phone": (360, 740)}.items():
        for mode in ["light", "dark"]:
            browser.size(*size)
            browser.dark(mode == "dark")
            seen[f"contrast_{name}_{mode}"] = browser.run(CONTRAST)
            seen[f"too_wide_{name}"] = browser.run(WIDE)
            picture(f"{name}-{mode}")
    seen["touching_headings"] = browser.run(
        "(() => { const b = [...document.querySelectorAll('#parallel text.axis')].map(t => t.getBoundingClientRect());"
        "return b.filter((r, i) => i && r.left < b[i - 1].right + 4).length; })()")
    seen["headings"] = browser.run("[...document.querySelectorAll('#parallel text.axis title')].map(t => t.textContent)")
    browser.size(1200, 900)
    browser.dark(False)
    seen["title"] = browser.run("document.title")
    seen["sections"] = browser.run("[...document.querySelectorAll('h2')].map(h => h.textContent)")
    seen["lines"] = browser.run("document.querySelectorAll('#curves path.line').length")
    seen["dots"] = browser.run("document.querySelectorAll('#scatter circle').length")
    seen["paths"] = browser.run("document.querySelectorAll('#parallel path').length")
    texts = lambda selector: browser.run(
        f"[...document.querySelectorAll({json.dumps(selector)})].map(e => e.textContent)")
    seen["ticks"] = texts("#curves text.tick[text-anchor=end]")
    seen["settings"] = texts("#scatter text.tick")
    seen["axes"] = texts("#parallel text.tick")
    seen["legend"] = texts("#curves .legend button")
    seen["which"] = texts("p.which")
    seen["repeat"] = texts("p.repeat code")
    seen["bands"] = browser.run("document.querySelectorAll('#curves path.band').length")
    seen["logarithmic"] = browser.run("document.querySelectorAll('#curves .bar input[type=checkbox]')[2]?.checked")
    seen["values"] = browser.run("document.querySelectorAll('#predicted circle').length")
    seen["ranking_too_wide"] = browser.run(
        "(() => { const s = document.querySelector('#ranking .scroll'); return s ? s.scrollWidth - s.clientWidth : 0; })()")
    if exists("#curves path.band"):
        mean = "document.querySelector('#curves .bar > label:last-child input').click()"
        browser.run(mean)
        seen["lines_of_seeds"] = browser.run("document.querySelectorAll('#curves path.line').length")
        browser.run(mean)
    seen["images"] = browser.run("[...document.images].map(i => i.complete && i.naturalWidth > 0)")
    seen["alt"] = browser.run("[...document.images].every(i => i.alt)")
    if exists("#curves svg"):
        browser.point("#curves svg", 0.6, 0.5)
        seen["curve_tip"] = browser.run(TIP)
        if folder:
            browser.picture(f"{folder}/hover.png", whole=False)
        browser.click("#curves .pick:nth-of-type(2) input")
        seen["second_curve"] = browser.run("document.querySelector('#curves svg').ariaLabel")
        browser.run("document.querySelector('#curves svg').focus()")
        for key in ["ArrowRight", "ArrowLeft"]:
            browser.press(key)
        seen["key_tip"] = browser.run(TIP)
        browser.press("Escape")
        seen["tip_after_escape"] = browser.run(TIP)
    if exists("#scatter circle"):
        browser.run("document.querySelector('#scatter svg').focus()")
        browser.press("ArrowRight")
        seen["dot_tip"] = browser.run(TIP)
        seen["rows_on"] = browser.run("document.querySelectorAll('tr.on').length")
        browser.press("Escape")
    if exists("#parallel path"):
        browser.run("document.querySelector('#parallel svg').focus()")
        browser.press("ArrowRight")
        seen["path_tip"] = browser.run(TIP)
        browser.press("Escape")
    if exists("table.sortable"):
        first = "document.querySelector('.sortable tbody tr').dataset.group"
        head = "[...document.querySelectorAll('.sortable th button')].map(b => b.textContent)"
        column = browser.run(head).index("val_loss") + 1
        button = f".sortable thead th:nth-child({column}) button"
        browser.click(button)
        seen["first_up"] = browser.run(first)
        browser.click(button)
        seen["first_down"] = browser.run(first)
        seen["sort_told"] = browser.run(f"document.querySelector({json.dumps(button)}).parentElement.ariaSort")
    if exists("#which-config select"):
        seen["config"] = browser.run(
            "(() => { const s = document.querySelector('#which-config select'); s.value = 1;"
            "s.dispatchEvent(new Event('change')); return document.querySelector('#config').textContent; })()")
    seen["troubles"] = browser.troubles()
    seen["requests"] = browser.requests()
    return seen


def main():
    chromium, page, *folder = sys.argv[1:]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(chromium, profile)
        try:
            browser.open(pathlib.Path(page).resolve().as_uri())
            print(json.dumps(look(browser, folder[0] if folder else None)))
        finally:
            browser.process.kill()
            browser.process.wait()


main()
