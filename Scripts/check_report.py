#!/usr/bin/env python3
"""Makes the report of the bundled models and looks at it with a real browser.

    Scripts/check_report.py PROGRAM FOLDER

PROGRAM is the built mff-inspect. FOLDER receives the pages, screenshots and what the browser found. Needs python3 and
Chromium (`chromium-headless-shell`, or the program that CHROMIUM names), no Python package and no network.

Checked are: the time it takes; that the page is whole (every figure with its drawings, numbers, settings, command line),
refers to nothing outside itself, and that every number in its tables is the JSON's to the printed digit; and in the
browser, at 360 and 1400 px, light and dark, with and without its script: no error on the console, no request, nothing wider
than the page, no two texts over each other (also with every table opened), all figures visible, words legible, values told
by pointer and keyboard, series taken away and brought back. A page of hostile names must stay a page.
"""

import base64
import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

WIDTHS = (360, 1400)
FIGURES = ["frequency-1", "frequency-2", "hessian-1", "weights-1", "training-1", "reconstruction-1"]
MOST_SECONDS = 120

problems = []


def problem(text):
    problems.append(text)
    print("  WRONG:", text)


# ---------------------------------------------------------------- the file by itself


class Page(html.parser.HTMLParser):
    """What the checks need to know of a page."""

    VOID = {"meta", "br", "hr", "img", "link", "input"}

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.stack = []
        self.ids = []
        self.links = []
        self.tags = {}
        self.figures = {}
        self.numbers = []
        self.styles = ""
        self.code = None
        self.number = None
        self.feed(text)
        self.close()

    @property
    def figure(self):
        return next((entry[1] for entry in reversed(self.stack) if entry[0] == "figure"), None)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags[tag] = self.tags.get(tag, 0) + 1
        if "id" in attributes:
            self.ids.append(attributes["id"])
        for name in ("href", "src", "xlink:href", "srcset", "action", "poster", "data", "background"):
            if name in attributes:
                self.links.append((tag, attributes[name]))
        if "style" in attributes:
            self.styles += attributes["style"]
        names = (attributes.get("class") or "").split()
        if tag == "figure":
            self.figures[attributes.get("id")] = {"parts": set(), "downloads": {}, "command": "", "svg": 0}
        figure = self.figures.get(self.figure) if tag != "figure" else None
        if figure is not None:
            figure["parts"].update(names + [tag])
            figure["svg"] += tag == "svg"
            if tag == "a" and "download" in attributes:
                figure["downloads"][attributes["download"]] = attributes["href"]
        if "data-json" in attributes:
            self.number = [self.figure, attributes["data-json"], ""]
        if tag not in self.VOID:
            self.stack.append((tag, attributes.get("id")))

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in self.VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        while self.stack:
            open_tag = self.stack.pop()[0]
            if open_tag == tag:
                break
        if tag == "span" and self.number:
            self.numbers.append(tuple(self.number))
            self.number = None

    def handle_data(self, text):
        if self.number:
            self.number[2] += text
        if self.stack and self.stack[-1][0] == "code" and self.figure in self.figures:
            self.figures[self.figure]["command"] += text
        if self.stack and self.stack[-1][0] == "style":
            self.styles += text


def resolved(document, pointer):
    """What a JSON pointer (RFC 6901) points at."""
    for part in pointer.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


def is_printed(text, value):
    """Whether `text` is `value` rounded to the digits of `text`."""
    plain = text.replace("\u2212", "-")
    mantissa, _, exponent = plain.partition("e")
    digits = len(mantissa.partition(".")[2])
    unit = 10.0 ** (int(exponent or 0) - digits)
    # A hair more than half a unit: the sum of both roundings in double precision.
    return abs(float(plain) - value) <= unit * 0.5 * (1 + 1e-9) + 1e-15 * abs(value)


def check_file(name, text, result, figures):
    page = Page(text)
    for tag, link in page.links:
        if not link.startswith(("#", "data:")):
            problem(f"{name}: <{tag}> refers to {link[:80]}")
        if link.startswith("#") and link[1:] not in page.ids:
            problem(f"{name}: nothing has the anchor {link}")
    for link in re.findall(r"url\(([^)]*)\)|@import\s+(\S+)", page.styles):
        if not "".join(link).strip("'\"").startswith(("#", "data:")):
            problem(f"{name}: a style refers to {link}")
    for identifier in {i for i in page.ids if page.ids.count(i) > 1}:
        problem(f"{name}: {identifier} is the name of several elements")
    if page.tags.get("script") != 1 or any(page.tags.get(tag) for tag in ("img", "iframe", "link", "object", "embed")):
        problem(f"{name}: foreign elements: {page.tags}")
    if list(page.figures) != figures:
        problem(f"{name}: its figures are {list(page.figures)}, not {figures}")
    documents = {}
    for index, (identifier, figure) in enumerate(page.figures.items()):
        missing = {"wide", "narrow", "svg", "title", "desc", "figcaption", "downloads", "settings", "pre"} - figure["parts"]
        if missing or figure["svg"] < 2:
            problem(f"{name}: figure {identifier} lacks {missing or 'drawings'}")
        if not figure["command"].startswith("mff-inspect "):
            problem(f"{name}: figure {identifier} has no command line")
        kinds = sorted(file.rpartition(".")[2] for file in figure["downloads"])
        if kinds != ["csv", "json"]:
            problem(f"{name}: figure {identifier} has files {kinds}")
            continue
        files = {
            file.rpartition(".")[2]: base64.b64decode(link.partition(",")[2])
            for file, link in figure["downloads"].items()
        }
        documents[identifier] = json.loads(files["json"])
        if documents[identifier] != result["results"][index]:
            problem(f"{name}: the numbers of figure {identifier} differ from those in the page's .json")
        if files["csv"].count(b"\n") < 2:
            problem(f"{name}: the .csv of figure {identifier} holds nothing")
    for figure, pointer, printed in page.numbers:
        try:
            value = resolved(documents[figure], pointer)
        except (KeyError, IndexError, TypeError):
            problem(f"{name}: figure {figure}: {pointer} is not in the JSON")
            continue
        if not is_printed(printed, value):
            problem(f"{name}: figure {figure}: {printed} is printed for {value!r} of {pointer}")
    print(f"  {name}: {len(text.encode()) / 1e6:.2f} MB, {len(page.figures)} figures, {len(page.numbers)} numbers compared")
    return page


# ---------------------------------------------------------------- the browser

CHECKER = r"""
(() => {
  const found = { problems: [], errors: window.__errors };
  const say = (text) => found.problems.push(text);
  const round = (rect) => [rect.left, rect.top, rect.right, rect.bottom].map((x) => Math.round(x)).join(' ');
  const luminance = (color) => {
    const parts = color.match(/[\d.]+/g).slice(0, 3).map((x) => x / 255)
      .map((x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const contrast = (one, two) => {
    const [a, b] = [luminance(one), luminance(two)].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true });

  // Every visible text with the places it covers, cut off where a box that scrolls cuts it off.
  function texts() {
    const items = [];
    const add = (rect, words, element, shrink) => {
      let { left, top, right, bottom } = rect;
      for (let box = element.closest('.scroll, pre'); box; box = box.parentElement.closest('.scroll, pre')) {
        const clip = box.getBoundingClientRect();
        left = Math.max(left, clip.left); right = Math.min(right, clip.right);
        top = Math.max(top, clip.top); bottom = Math.min(bottom, clip.bottom);
      }
      const rim = (bottom - top) * shrink;
      if (right - left > 1 && bottom - top > 1) {
        items.push({ left, right, top: top + rim, bottom: bottom - rim, words: words.trim().slice(0, 40), element });
      }
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!node.textContent.trim() || !element || !isShown(element)) continue;
      if (element.closest('script, style, title, desc, .sr, #check')) continue;
      if (element.closest('text')) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const rect of range.getClientRects()) add(rect, node.textContent, element, 0.08);
    }
    // The box of a line is higher than its letters.
    for (const element of document.querySelectorAll('svg text')) {
      if (isShown(element)) add(element.getBoundingClientRect(), element.textContent, element, 0.12);
    }
    return items;
  }

  function overlaps(when) {
    scrollTo({ top: 0, behavior: 'instant' });
    const items = texts().sort((a, b) => a.top - b.top);
    found.texts = Math.max(found.texts ?? 0, items.length);
    for (let i = 0; i < items.length; i++) {
      for (let j = i + 1; j < items.length && items[j].top < items[i].bottom; j++) {
        const [a, b] = [items[i], items[j]];
        const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (width > 1 && height > 1) {
          say(`${when}: “${a.words}” (${round(a)}) and “${b.words}” (${round(b)}) are over each other`);
        }
      }
    }
    for (const item of items) {
      if (item.left < -1 || item.right > innerWidth + 1) say(`${when}: “${item.words}” (${round(item)}) leaves the page`);
    }
    if (document.documentElement.scrollWidth > innerWidth) {
      say(`${when}: the page is ${document.documentElement.scrollWidth} px wide in a window of ${innerWidth} px`);
    }
  }

  function figures() {
    const paper = getComputedStyle(document.body).backgroundColor;
    found.figures = [];
    for (const figure of document.querySelectorAll('figure')) {
      const shown = [...figure.querySelectorAll('.plot')].filter(isShown).filter((plot) => plot.tagName === 'DIV');
      if (shown.length !== 1) say(`figure ${figure.id} shows ${shown.length} drawings`);
      for (const svg of shown.flatMap((plot) => [...plot.querySelectorAll('svg')])) {
        const box = svg.getBoundingClientRect();
        if (box.width < 200 || box.height < 100) say(`figure ${figure.id} is ${round(box)}`);
        if (!svg.querySelector('desc')?.textContent) say(`figure ${figure.id} is not described`);
        for (const text of svg.querySelectorAll('text')) {
          const place = text.getBoundingClientRect();
          if (place.left < box.left - 1 || place.right > box.right + 1 || place.top < box.top - 2 || place.bottom > box.bottom + 2) {
            say(`figure ${figure.id}: “${text.textContent}” leaves the drawing`);
          }
          const ratio = contrast(getComputedStyle(text).fill, paper);
          if (ratio < 4) say(`figure ${figure.id}: “${text.textContent}” has a contrast of ${ratio.toFixed(1)}`);
        }
        for (const line of svg.querySelectorAll('.series polyline')) {
          // The rim that parts a mean from the strokes below it.
          if (line.getAttribute('stroke') === '#ffffff') continue;
          const ratio = contrast(getComputedStyle(line).stroke, paper);
          // The gold end of the palette on white has 1.6.
          if (ratio < 1.55) say(`figure ${figure.id}: a line has a contrast of ${ratio.toFixed(1)}`);
        }
      }
      found.figures.push(figure.id);
    }
  }

  function interaction() {
    for (const figure of document.querySelectorAll('figure')) {
      const plot = [...figure.querySelectorAll('div.plot')].find(isShown);
      const group = plot.querySelector('.series[data-readings]');
      if (!group) continue;
      const [x, y, ...words] = group.dataset.readings.split('\n')[1]?.split('\t') ?? group.dataset.readings.split('\t');
      const svg = group.closest('svg');
      svg.scrollIntoView({ block: 'center', behavior: 'instant' });
      const at = new DOMPoint(+x, +y).matrixTransform(svg.getScreenCTM());
      const event = { clientX: at.x, clientY: at.y, bubbles: true, pointerType: 'mouse' };
      svg.dispatchEvent(new PointerEvent('pointermove', event));
      const box = document.querySelector('.reading');
      if (box.hidden || !words.some((word) => box.textContent.includes(word))) {
        say(`figure ${figure.id}: pointing at ${words.join(', ')} tells “${box.textContent}”`);
      }
      plot.dispatchEvent(new PointerEvent('pointerleave', event));
      if (!box.hidden) say(`figure ${figure.id}: the value stays when the pointer has gone`);
      plot.focus();
      plot.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
      const first = box.textContent;
      plot.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
      const count = group.dataset.readings.split('\n').length;
      if (box.hidden || (count > 1 && box.textContent === first)) say(`figure ${figure.id}: arrow keys read no values`);
      if (document.querySelector('.sr').textContent === '') say(`figure ${figure.id}: values are not spoken`);
      plot.blur();
      const buttons = [...figure.querySelectorAll('.toggles button[aria-pressed]')];
      for (const button of buttons) {
        const name = button.textContent;
        const own = [...plot.querySelectorAll('.series')].filter((other) => other.dataset.name === name);
        if (!own.length) continue;
        // Chromium's checkVisibility says yes to groups of a drawing that are not displayed.
        const isThere = (group) => getComputedStyle(group).display !== 'none';
        button.click();
        if (own.some(isThere) || button.getAttribute('aria-pressed') !== 'false') say(`figure ${figure.id}: ${name} stays`);
        button.click();
        if (!own.every(isThere)) say(`figure ${figure.id}: ${name} does not come back`);
      }
      const key = plot.querySelector('.key');
      if (key && buttons.length) {
        const button = buttons.find((other) => other.textContent === key.dataset.name);
        key.dispatchEvent(new MouseEvent('click', { bubbles: true }));
        if (button?.getAttribute('aria-pressed') !== 'false') say(`figure ${figure.id}: its legend takes nothing away`);
        key.dispatchEvent(new MouseEvent('click', { bubbles: true }));
      }
      found.interactive = (found.interactive ?? 0) + 1;
    }
  }

  addEventListener('load', () => setTimeout(() => {
    try {
      found.width = innerWidth;
      found.isDark = matchMedia('(prefers-color-scheme: dark)').matches;
      found.height = document.documentElement.scrollHeight;
      found.title = document.title;
      figures();
      overlaps('as it opens');
      if (window.__expectsScript) interaction();
      document.querySelectorAll('details').forEach((details) => { details.open = true; });
      overlaps('with everything opened');
      found.openHeight = document.documentElement.scrollHeight;
      found.requests = performance.getEntriesByType('resource').map((entry) => entry.name).filter((name) => !name.startsWith('data:'));
    } catch (error) {
      say(`the check failed: ${error.stack}`);
    }
    const element = document.createElement('script');
    element.type = 'application/json';
    element.id = 'check';
    element.textContent = btoa(unescape(encodeURIComponent(JSON.stringify(found))));
    document.body.append(element);
  }, 50));
})();
"""

WATCH = """
window.__errors = [];
window.__expectsScript = %s;
addEventListener('error', (event) => window.__errors.push(String(event.message || event.target)), true);
addEventListener('unhandledrejection', (event) => window.__errors.push(String(event.reason)));
addEventListener('securitypolicyviolation', (event) => window.__errors.push(`refused ${event.blockedURI} (${event.violatedDirective})`));
"""


def browser():
    names = [os.environ.get("CHROMIUM"), "chromium-headless-shell", "chrome-headless-shell", "chromium", "google-chrome"]
    found = next((path for path in (shutil.which(name) for name in names if name) if path), None)
    if not found:
        sys.exit("No Chromium here: run Scripts/install_dependencies.sh report, or let CHROMIUM name one.")
    return found


def run_browser(arguments, is_dark):
    command = [
        browser(), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1",
        "--disable-background-networking", "--no-first-run", "--enable-logging=stderr",
        f"--blink-settings=preferredColorScheme={0 if is_dark else 1}",
    ]
    outcome = subprocess.run(command + arguments, capture_output=True, text=True, timeout=180)
    lines = [line for line in outcome.stderr.splitlines() if "CONSOLE" in line or "Uncaught" in line]
    return outcome.stdout, lines


def look(name, file, text, width, is_dark, scripts, shoots=True):
    """Opens a page and returns what the checker in it found."""
    label = f"{name} at {width} px, {'dark' if is_dark else 'light'}, {'with' if scripts else 'without'} its script"
    if not scripts:
        # What a browser shows that runs no scripts, and the checker can still run.
        text = re.sub(r"<script>.*?</script>", "", text, flags=re.S)
    watch = f"<script>{WATCH % str(scripts).lower()}</script>"
    checked = text.replace("<head>", "<head>" + watch, 1).replace("</body>", f"<script>{CHECKER}</script></body>", 1)
    copy = file.with_name(f"checked-{name}.html")
    copy.write_text(checked, encoding="utf-8")
    dom, console = run_browser(
        [f"--window-size={width},900", "--virtual-time-budget=20000", "--dump-dom", copy.as_uri()], is_dark)
    copy.unlink()
    match = re.search(r'id="check">([^<]*)<', dom)
    if not match:
        problem(f"{label}: the browser did not get to the end ({console[:3]})")
        return None
    found = json.loads(base64.b64decode(match[1]))
    for words in found["problems"][:20] + found["errors"] + console + found.get("requests", []):
        problem(f"{label}: {words}")
    if found["width"] != width or found["isDark"] != is_dark:
        problem(f"{label}: the browser has {found['width']} px, dark {found['isDark']}")
    if shoots:
        picture = file.with_name(f"{name}-{width}-{'dark' if is_dark else 'light'}{'' if scripts else '-no-script'}.png")
        picture.unlink(missing_ok=True)
        copy.write_text(text, encoding="utf-8")
        run_browser(
            [f"--window-size={width},{found['height']}", f"--screenshot={picture}", copy.as_uri()], is_dark)
        copy.unlink()
        if not picture.exists():
            problem(f"{label}: no screenshot")
    print(f"  {label}: {len(found['figures'])} figures, {found.get('texts', 0)} texts, {found['height']} px high")
    return found


# ---------------------------------------------------------------- pages


def make(program, folder, name, arguments):
    """Runs `report` and returns page and numbers."""
    page = folder / f"{name}.html"
    start = time.monotonic()
    outcome = subprocess.run(
        [program, "report", *arguments, "-o", page.name, "-q"], cwd=folder, capture_output=True, text=True)
    seconds = time.monotonic() - start
    if outcome.returncode != 0:
        sys.exit(f"report failed with status {outcome.returncode}: {outcome.stderr}")
    print(f"{name}: made in {seconds:.0f} s")
    return page, page.read_text(encoding="utf-8"), json.loads((folder / f"{name}.json").read_text(encoding="utf-8")), seconds


def main():
    program, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    folder.mkdir(parents=True, exist_ok=True)

    page, text, result, seconds = make(program, folder, "report", ["--threads", "2"])
    if seconds > MOST_SECONDS:
        problem(f"the report took {seconds:.0f} s, more than {MOST_SECONDS}")
    if result.get("gaps"):
        print("  gaps:", result["gaps"])
    check_file("report", text, result, FIGURES)
    for width in WIDTHS:
        for is_dark in (False, True):
            for scripts in (True, False):
                found = look("report", page, text, width, is_dark, scripts)
                if found and found["figures"] != FIGURES:
                    problem(f"report at {width} px: figures are {found['figures']}")
                # Pictures of reconstructions have no curves.
                if found and scripts and found.get("interactive") != len(FIGURES) - 1:
                    problem(f"report at {width} px: {found.get('interactive')} figures tell their values")

    bundled = pathlib.Path(result["models"][1]["path"])
    hostile = folder / "<img src=x onerror=alert(1)>.bin"
    shutil.copyfile(bundled, hostile)
    name = "</script><script>document.title='owned'</script>\"'&\u202e"
    arguments = [hostile.name, "--name", name, "--title", name, "--no-hessian", "--threads", "2"]
    page, text, result, _ = make(program, folder, "hostile", arguments)
    hostile.unlink()
    check_file("hostile", text, result, ["frequency-1", "weights-1", "reconstruction-1"])
    found = look("hostile", page, text, 360, False, True)
    if found and found["title"] == "owned":
        problem("hostile: a name ran as a script")

    if problems:
        sys.exit(f"{len(problems)} things are wrong with the report; screenshots are in {folder}")
    print(f"The report is sound; screenshots are in {folder}")


if __name__ == "__main__":
    main()
