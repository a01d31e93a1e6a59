'use strict';
// Without this script the page says everything; with it, curves tell their values and can be taken away.
(() => {
  const figures = document.querySelectorAll('figure');
  const box = document.createElement('div');
  box.className = 'reading';
  box.hidden = true;
  box.setAttribute('aria-hidden', 'true');
  const voice = document.createElement('div');
  voice.className = 'sr';
  voice.setAttribute('role', 'status');
  document.body.append(box, voice);

  /** The readings of a group: where each is drawn, and its words. */
  function readings(group) {
    const text = group.getAttribute('data-readings');
    if (!text) return [];
    const fields = group.getAttribute('data-fields').split('\n');
    return text.split('\n').map((line) => {
      const [x, y, ...words] = line.split('\t');
      return { x: +x, y: +y, name: group.dataset.name, group, rows: words.map((word, i) => [fields[i] ?? '', word]) };
    });
  }

  /** The colour that tells a series: that of its line, else of its area. */
  function swatch(group) {
    const shape = group.querySelector('[stroke]:not([stroke="none"]), [fill]:not([fill="none"])');
    const element = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    element.setAttribute('viewBox', '0 0 1 1');
    const square = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
    square.setAttribute('width', '1');
    square.setAttribute('height', '1');
    const stroke = shape?.getAttribute('stroke');
    square.setAttribute('fill', stroke && stroke !== 'none' ? stroke : shape?.getAttribute('fill') ?? '#7a7a7a');
    element.append(square);
    const holder = document.createElement('i');
    holder.className = 'plot';
    holder.append(element);
    return holder;
  }

  function show(plot, point, clientX, clientY) {
    const { svg } = point;
    let spot = svg.querySelector('.spot');
    if (!spot) {
      spot = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
      spot.setAttribute('class', 'spot');
      spot.setAttribute('r', '4');
      svg.append(spot);
    }
    plot.querySelectorAll('.spot').forEach((other) => { if (other !== spot) other.remove(); });
    spot.setAttribute('cx', point.x);
    spot.setAttribute('cy', point.y);
    plot.classList.toggle('pointed', point.name !== '');
    plot.querySelectorAll('.series').forEach((group) => group.classList.toggle('active', group.dataset.name === point.name));
    box.replaceChildren();
    const head = document.createElement('b');
    head.textContent = point.name;
    if (point.name) box.append(head);
    for (const [field, word] of point.rows) {
      const line = document.createElement('div');
      const label = document.createElement('span');
      label.textContent = field + ' ';
      line.append(label, word);
      box.append(line);
    }
    box.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = box;
    const left = clientX + 14 + width > innerWidth ? clientX - 14 - width : clientX + 14;
    const top = clientY + 14 + height > innerHeight ? clientY - 14 - height : clientY + 14;
    box.style.left = Math.max(4, Math.min(left, innerWidth - width - 4)) + 'px';
    box.style.top = Math.max(4, top) + 'px';
  }

  function hide(plot) {
    box.hidden = true;
    plot.classList.remove('pointed');
    plot.querySelectorAll('.spot').forEach((spot) => spot.remove());
    plot.querySelectorAll('.active').forEach((group) => group.classList.remove('active'));
  }

  /** Lets a drawing tell its values by mouse, finger and keyboard. */
  function makeReadable(plot) {
    const points = [];
    plot.querySelectorAll('svg').forEach((svg) => {
      svg.querySelectorAll('.series').forEach((group) => {
        for (const point of readings(group)) points.push({ ...point, svg });
      });
      // The title would pop up over the values; readers that speak take the label.
      const title = svg.querySelector(':scope > title');
      if (title) {
        svg.setAttribute('aria-label', title.textContent);
        title.remove();
      }
    });
    if (!points.length) return;
    const visible = () => points.filter((point) => !point.group.classList.contains('hidden'));

    const point = (event) => {
      const svg = event.target.closest('svg');
      if (!svg || !plot.contains(svg)) return hide(plot);
      const matrix = svg.getScreenCTM();
      if (!matrix) return;
      const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
      let best = null;
      let least = (event.pointerType === 'touch' ? 40 : 26) / matrix.a;
      for (const point of visible()) {
        if (point.svg !== svg) continue;
        const distance = Math.hypot(point.x - place.x, point.y - place.y);
        if (distance < least) [best, least] = [point, distance];
      }
      if (best) show(plot, best, event.clientX, event.clientY);
      else hide(plot);
    };
    plot.addEventListener('pointermove', point);
    plot.addEventListener('pointerdown', point);
    // A finger that is lifted leaves, too; what it asked for stays until it touches elsewhere.
    plot.addEventListener('pointerleave', (event) => { if (event.pointerType !== 'touch') hide(plot); });
    document.addEventListener('pointerdown', (event) => { if (!plot.contains(event.target)) hide(plot); });
    addEventListener('scroll', () => { if (plot.querySelector('.spot')) hide(plot); }, { passive: true });

    plot.tabIndex = 0;
    plot.setAttribute('role', 'group');
    plot.setAttribute('aria-label', 'Figure; the arrow keys read its values');
    let current = null;
    const say = () => {
      const matrix = current.svg.getScreenCTM();
      if (!matrix) return;
      const at = new DOMPoint(current.x, current.y).matrixTransform(matrix);
      show(plot, current, at.x, at.y);
      voice.textContent = [current.name, ...current.rows.map((row) => row.join(' '))].filter(Boolean).join(', ');
    };
    plot.addEventListener('keydown', (event) => {
      const steps = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
      if (event.key === 'Escape') return hide(plot);
      const step = steps[event.key];
      if (!step || event.target !== plot) return;
      event.preventDefault();
      const all = visible();
      if (!all.length) return;
      const groups = [...new Set(all.map((point) => point.group))];
      if (!current || !all.includes(current)) {
        current = all[0];
      } else {
        const own = all.filter((point) => point.group === current.group);
        const index = own.indexOf(current);
        if (step[1]) {
          current = own[Math.max(0, Math.min(own.length - 1, index + step[1]))];
        } else {
          const next = groups[(groups.indexOf(current.group) + step[0] + groups.length) % groups.length];
          const others = all.filter((point) => point.group === next);
          current = others[Math.min(index, others.length - 1)];
        }
      }
      say();
    });
    plot.addEventListener('blur', () => hide(plot));
  }

  /** Buttons that take the series of a figure away and bring them back. */
  function makeToggles(figure) {
    const names = [];
    const first = new Map();
    figure.querySelectorAll('.plot.wide .series, .plot.narrow .series').forEach((group) => {
      const { name } = group.dataset;
      if (!name || !group.hasAttribute('data-readings')) return;
      if (!first.has(name)) {
        first.set(name, group);
        names.push(name);
      }
    });
    if (names.length < 2) return;
    // Panels that fuse different layers name them in different orders.
    if (names.every((name) => /^\d+$/.test(name))) names.sort((a, b) => a - b);
    const bar = document.createElement('div');
    bar.className = 'toggles';
    bar.setAttribute('role', 'group');
    bar.setAttribute('aria-label', 'What the figure shows');
    const buttons = new Map();
    const set = (name, isOn) => {
      figure.querySelectorAll('.series, .key').forEach((group) => {
        if (group.dataset.name !== name) return;
        group.classList.toggle(group.classList.contains('key') ? 'off' : 'hidden', !isOn);
      });
      buttons.get(name).setAttribute('aria-pressed', String(isOn));
    };
    const isOn = (name) => buttons.get(name).getAttribute('aria-pressed') === 'true';
    for (const name of names) {
      const button = document.createElement('button');
      button.type = 'button';
      button.setAttribute('aria-pressed', 'true');
      button.append(swatch(first.get(name)), name);
      button.addEventListener('click', () => set(name, !isOn(name)));
      buttons.set(name, button);
      bar.append(button);
    }
    const all = document.createElement('button');
    all.type = 'button';
    all.textContent = 'all';
    all.addEventListener('click', () => names.forEach((name) => set(name, true)));
    const none = document.createElement('button');
    none.type = 'button';
    none.textContent = 'none';
    none.addEventListener('click', () => names.forEach((name) => set(name, false)));
    if (names.length > 2) bar.append(all, none);
    figure.querySelectorAll('.key').forEach((key) => {
      key.addEventListener('click', () => { if (buttons.has(key.dataset.name)) set(key.dataset.name, !isOn(key.dataset.name)); });
    });
    const plots = figure.querySelectorAll('div.plot');
    plots[plots.length - 1].after(bar);
  }

  figures.forEach((figure) => {
    figure.querySelectorAll('div.plot').forEach(makeReadable);
    makeToggles(figure);
  });

  document.querySelectorAll('.command').forEach((command) => {
    if (!navigator.clipboard) return;
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = 'Copy';
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(command.querySelector('code').textContent);
        button.textContent = 'Copied';
      } catch {
        button.textContent = 'Select and copy by hand';
      }
      setTimeout(() => { button.textContent = 'Copy'; }, 2000);
    });
    command.append(button);
  });

  // Paper cannot be clicked.
  let opened = [];
  addEventListener('beforeprint', () => {
    opened = [...document.querySelectorAll('figure details:not([open])')];
    opened.forEach((details) => { details.open = true; });
  });
  addEventListener('afterprint', () => { opened.forEach((details) => { details.open = false; }); });
})();
