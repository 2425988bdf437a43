// Settings against a number: a dot for each run over one key, a line for each group through all.

// The axis of a key: numbers where there are many, else names side by side.
function settingAxis(values) {
  const known = values.filter((value) => value !== null);
  if (new Set(known).size > 8 && known.every((value) => typeof value === "number")) {
    const [low, high] = [Math.min(...known), Math.max(...known)];
    return { low, high, log: low > 0 && high / low > 20, of: (value) => value };
  }
  const names = [...new Set(values.map(plain))].sort();
  if (known.every((value) => typeof value === "number")) names.sort((a, b) => a - b);
  return { low: -0.5, high: names.length - 0.5, names, of: (value) => names.indexOf(plain(value)) };
}

// The axis of a metric; one that went astray does not flatten the others.
function metricAxis(values) {
  const known = values.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return { low, high, log: low > 0 && high / low > 20, of: (value) => value };
}

// At most about `n` ticks; the name of the best setting is one of them.
function axisTicks(axis, place, n, best) {
  if (!axis.names) {
    const values = place.ticks(n);
    return tickTexts(values).map((word, i) => [values[i], word]);
  }
  const every = Math.ceil(axis.names.length / Math.max(n, 1));
  const kept = axis.names.indexOf(plain(best));
  return axis.names.map((name, i) => [i, name])
    .filter(([i]) => i === kept || (i % every === 0 && (kept < 0 || Math.abs(i - kept) >= every)));
}

function cutName(name, n) {
  return name.length > n ? `${name.slice(0, n - 1)}…` : name;
}

function judgeIndex() {
  return Math.max(0, data.metrics.indexOf(data.judge));
}

function rampLegend() {
  return element("span", { class: "hint" }, "worst", element("span", { class: "ramp" }), "best");
}

function scatter(frame) {
  const state = { key: 0, metric: judgeIndex() };
  const svg = element("svg", { tabindex: 0, role: "application", height: 320 });
  const change = (name) => (value) => {
    state[name] = value;
    draw();
  };
  frame.append(element("div", { class: "bar" },
    select("across", data.keys, state.key, change("key")),
    select("up", data.metrics, state.metric, change("metric")),
    rampLegend()), svg);
  const tip = note(frame);
  let dots = [];

  function draw() {
    const runs = data.runs.filter((run) => run.last[state.metric] !== null);
    const [width, right, top] = [frame.clientWidth, 16, 12];
    const metric = data.metrics[state.metric];
    svg.setAttribute("aria-label", `${metric} against ${data.keys[state.key]}; the arrow keys walk from the best run to the worst`);
    svg.replaceChildren();
    tip.hide();
    const setting = (run) => data.groups[run.group].settings[state.key];
    const [xs, ys] = [settingAxis(runs.map(setting)), metricAxis(runs.map((run) => run.last[state.metric]))];
    dots = [];
    if (!runs.length) return;
    // Names that do not fit side by side are written upwards.
    const across = xs.names ? xs.names.map((name) => cutName(name, 14).length * 7 + 8) : [];
    const upright = Math.max(0, ...across) * across.length > width - 80;
    const bottom = upright ? 34 + Math.max(...across) : 40;
    const height = 280 + bottom;
    svg.setAttribute("height", height);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const y = scale(ys.low, ys.high, height - bottom - 8, top + 8, ys.log);
    const values = y.ticks(5);
    const texts = tickTexts(values);
    const left = axisWidth(texts);
    const x = scale(xs.low, xs.high, left + 12, width - right - 12, xs.log);
    for (const [i, value] of values.entries()) {
      svg.append(
        element("line", { class: "grid", x1: left, x2: width - right, y1: y(value), y2: y(value) }),
        element("text", { class: "tick", x: left - 8, y: y(value) + 4, "text-anchor": "end" }, texts[i]));
    }
    const room = width - left - right;
    const most = xs.names ? (upright ? room / 16 : xs.names.length) : room / 90;
    for (const [value, name] of axisTicks(xs, x, most, data.groups[0].settings[state.key])) {
      const [px, py] = [x(value), height - bottom + 18];
      const turned = upright ? { "text-anchor": "end", transform: `rotate(-90 ${px} ${py})`, dx: 8, dy: 4 } : { "text-anchor": "middle" };
      svg.append(element("text", { class: "tick", x: px, y: py, ...turned }, cutName(name, 14)));
    }
    svg.append(element("text", { class: "axis", x: (left + width - right) / 2, y: height - 4, "text-anchor": "middle" }, data.keys[state.key]));
    const share = standing(runs.map((run) => run.last[state.metric]), data.rising.includes(metric));
    const plot = element("g", {});
    dots = runs.map((run, i) => {
      // Where many have one setting, they lie side by side, always in the same places.
      const aside = xs.names ? (((i * 7) % 11) / 10 - 0.5) * 0.4 : 0;
      const [cx, cy] = [x(xs.of(setting(run)) + aside), y(run.last[state.metric])];
      const dot = element("circle", { class: "dot", cx, cy, r: runs.length > 100 ? 4 : 6, "--p": `${Math.round(share[i] * 100)}%` });
      plot.append(dot);
      return { run, dot, cx, cy, share: share[i] };
    }).sort((a, b) => b.share - a.share);
    svg.append(plot);
  }

  function show({ run, dot, cx, cy }) {
    highlight(run.group);
    dot.parentNode.append(dot);
    const lines = data.metrics.map((name, i) => `${name} ${text(run.last[i])}`);
    tip.show(cx, cy + svg.offsetTop + (svg.getBoundingClientRect().top - frame.getBoundingClientRect().top),
      `${groupTitle(run.group)}, seed ${run.seed}`, lines);
  }

  function hide() {
    highlight(null);
    tip.hide();
  }

  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const far = (dot) => Math.hypot(dot.cx - event.clientX + box.left, dot.cy - event.clientY + box.top);
    const near = dots.reduce((best, dot) => (best && far(best) <= far(dot) ? best : dot), null);
    if (near && far(near) < 40) show(near);
    else hide();
  });
  svg.addEventListener("pointerleave", hide);
  walk(svg, data.runs.length, (at) => dots[at % dots.length] && show(dots[at % dots.length]), hide);
  views.push((group) => {
    svg.classList.toggle("faded", group !== null);
    for (const { run, dot } of dots) dot.classList.toggle("on", run.group === group);
  });
  follow(frame, draw);
}

// Parallel coordinates: each key an axis, the metric the last.
function parallel(frame) {
  if (data.keys.length < 2) return frame.remove();
  const state = { metric: judgeIndex() };
  const svg = element("svg", { tabindex: 0, role: "application", height: 320 });
  const scroll = element("div", { class: "scroll" }, svg);
  frame.append(element("div", { class: "bar" },
    select("colored by", data.metrics, state.metric, (value) => {
      state.metric = value;
      draw();
    }), rampLegend()), scroll);
  const tip = note(frame);
  let paths = [];

  function draw() {
    const metric = data.metrics[state.metric];
    const groups = data.groups.map((group, rank) => ({ group, rank })).filter(({ group }) => group.means[state.metric] !== null);
    const columns = data.keys.length + 1;
    // Headings have a gap between them, however narrow the window is.
    const widest = Math.max(...[...data.keys, metric].map((name) => cutName(name, 16).length)) * 7.5;
    const width = Math.max(frame.clientWidth, 128 + (columns - 1) * Math.max(80, widest + 10));
    const axes = data.keys.map((_, key) => settingAxis(groups.map(({ group }) => group.settings[key])));
    // Every name has its line, up to sixty.
    const names = Math.max(0, ...axes.map((axis) => axis.names?.length ?? 0));
    const [side, top, bottom] = [64, 30, 16];
    const height = Math.max(320, top + bottom + 16 * Math.min(names, 60));
    svg.setAttribute("height", height);
    svg.style.width = `${width}px`;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("aria-label", `${data.keys.join(", ")} and ${metric} of each line of the ranking; the arrow keys walk from the best to the worst`);
    svg.replaceChildren();
    tip.hide();
    paths = [];
    if (!groups.length) return;
    axes.push(metricAxis(groups.map(({ group }) => group.means[state.metric])));
    const places = axes.map((axis) => scale(axis.low, axis.high, height - bottom, top, axis.log));
    const x = (i) => side + (i * (width - 2 * side)) / (columns - 1);
    const value = (group, i) => axes[i].of(i < data.keys.length ? group.settings[i] : group.means[state.metric]);
    const share = standing(groups.map(({ group }) => group.means[state.metric]), data.rising.includes(metric));
    const plot = element("g", {});
    // The worst first, so that the best lie over them.
    paths = groups.map(({ group, rank }, i) => {
      const points = axes.map((_, axis) => [x(axis), places[axis](value(group, axis))]);
      const d = points.map(([px, py], at) => `${at ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`).join("");
      const path = element("path", { class: "path", d, "--p": `${Math.round(share[i] * 100)}%` });
      return { rank, path, points, share: share[i] };
    }).sort((a, b) => a.share - b.share);
    plot.append(...paths.map(({ path }) => path));
    svg.append(plot);
    [...data.keys, metric].forEach((name, i) => {
      svg.append(
        element("line", { class: "grid", x1: x(i), x2: x(i), y1: top, y2: height - bottom }),
        element("text", { class: "axis", x: x(i), y: 16, "text-anchor": "middle" }, cutName(name, 16), element("title", {}, name)));
      for (const [at, word] of axisTicks(axes[i], places[i], axes[i].names ? 60 : 6, data.groups[0].settings[i])) {
        svg.append(element("text", { class: "tick", x: x(i) - 5, y: places[i](at) + 4, "text-anchor": "end" }, cutName(word, 10)));
      }
    });
  }

  function show({ rank, points }) {
    highlight(rank);
    const [px, py] = points.at(-1);
    const lines = data.metrics.map((name, i) => `${name} ${text(data.groups[rank].means[i])}`);
    tip.show(px - scroll.scrollLeft, py + scroll.offsetTop, groupTitle(rank), lines);
  }

  function hide() {
    highlight(null);
    tip.hide();
  }

  // How far a place is from a broken line.
  function distance(points, px, py) {
    let least = Infinity;
    for (let i = 1; i < points.length; i++) {
      const [[ax, ay], [bx, by]] = [points[i - 1], points[i]];
      const t = Math.max(0, Math.min(1, ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)));
      least = Math.min(least, Math.hypot(px - ax - t * (bx - ax), py - ay - t * (by - ay)));
    }
    return least;
  }

  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const far = ({ points }) => distance(points, event.clientX - box.left, event.clientY - box.top);
    const near = paths.map((path) => [far(path), path]).reduce((a, b) => (a && a[0] < b[0] ? a : b), null);
    if (near && near[0] < 24) show(near[1]);
    else hide();
  });
  svg.addEventListener("pointerleave", hide);
  walk(svg, data.groups.length, (at) => {
    const path = paths[paths.length - 1 - (at % paths.length)];
    if (path) show(path);
  }, hide);
  views.push((group) => {
    svg.classList.toggle("faded", group !== null);
    for (const { rank, path } of paths) {
      path.classList.toggle("on", rank === group);
      if (rank === group) path.parentNode.append(path);
    }
  });
  follow(frame, draw);
}
