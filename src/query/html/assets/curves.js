// Learning curves: a line for each run or the mean of replicates with a band of one standard
// deviation; that of validation solid, that of training dashed.

function learningCurves(frame) {
  const many = data.runs.length > 8;
  const alone = data.runs.length === 1;
  const state = { name: data.curves[0], train: !many, validation: true, log: false, mean: true, off: new Set() };
  const replicated = data.groups.length < data.runs.length;
  let logChosen = false;
  const has = (name) => data.runs.some((run) => run.history.some(([other]) => other === name));
  if (!data.curves.some((name) => has(`val_${name}`))) state.train = true;
  const bar = element("div", { class: "bar" });
  const svg = element("svg", { tabindex: 0, role: "application", height: 360 });
  const legend = element("div", { class: "legend" });
  frame.append(bar, svg, legend);
  const tip = note(frame);
  const change = (key) => (value) => {
    state[key] = value;
    draw();
  };
  bar.append(
    choice("what is drawn", "curve", data.curves, state.name, change("name")),
    check("training", state.train, change("train")),
    check("validation", state.validation, change("validation")),
  );
  const logBox = check("logarithmic", state.log, (value) => {
    logChosen = true;
    change("log")(value);
  });
  bar.append(logBox);
  if (replicated) bar.append(check("mean and band over seeds and folds", state.mean, change("mean")));

  // One run, or the mean of several, for each line.
  function sources() {
    if (!state.mean || !replicated) return data.runs.map((run) => ({ run, runs: [run] }));
    return data.groups.map((_, group) => {
      const runs = data.runs.filter((run) => run.group === group);
      return runs.length === 1 ? { run: runs[0], runs } : { run: { group, label: groupTitle(group), mean: runs.length }, runs };
    });
  }

  // The values of `name`, or per epoch the mean and the deviation of all runs that got so far.
  function pointsOf(runs, name) {
    const columns = runs.map((run) => {
      const values = run.history.find(([other]) => other === name)?.[1] ?? [];
      return new Map(values.map((y, i) => [run.epochs[i], y]));
    });
    if (runs.length === 1) return [...columns[0]].map(([epoch, y]) => ({ epoch, y }));
    const epochs = [...new Set(runs.flatMap((run) => run.epochs))].sort((a, b) => a - b);
    return epochs.flatMap((epoch) => {
      const reached = columns.filter((_, i) => runs[i].epochs.at(-1) >= epoch);
      const ys = reached.map((column) => column.get(epoch));
      if (!ys.length || ys.some((y) => y === undefined)) return [];
      if (ys.some((y) => y === null)) return [{ epoch, y: null }];
      const y = ys.reduce((a, b) => a + b, 0) / ys.length;
      const deviation = Math.sqrt(ys.reduce((sum, one) => sum + (one - y) ** 2, 0) / Math.max(1, ys.length - 1));
      return [{ epoch, y, deviation, least: Math.min(...ys) }];
    });
  }

  // What is to be seen: the run, whether it is validation, its points.
  function series() {
    const shown = [];
    for (const { run, runs } of sources()) {
      if (state.off.has(Math.min(run.group, 8))) continue;
      for (const [kind, name] of [["train", state.name], ["validation", `val_${state.name}`]]) {
        const only = !has(`val_${state.name}`) && kind === "train";
        if (!(state[kind] || only)) continue;
        const points = pointsOf(runs, name).filter(({ y }) => y !== null);
        if (points.length) shown.push({ run, kind, only, name, points });
      }
    }
    // The best is drawn last, over the others.
    return shown.reverse();
  }

  function paint(one) {
    return alone ? (one.kind === "train" ? "var(--c1)" : "var(--c0)") : color(one.run.group);
  }

  // The lower edge of the band; a logarithmic axis has none at or below 0.
  function below(point) {
    const low = point.y - (point.deviation ?? 0);
    return state.log && low <= 0 ? point.least ?? point.y : low;
  }

  let drawn = { lines: [] };

  function draw() {
    const all = series();
    if (!logChosen) state.log = squashed(all.flatMap((one) => one.points.map((p) => p.y)));
    logBox.querySelector("input").checked = state.log;
    const drawable = (one) => ({ ...one, points: one.points.filter((p) => !state.log || p.y > 0) });
    const shown = all.map(drawable).filter((one) => one.points.length);
    const [width, height, right, top, bottom] = [frame.clientWidth, 360, 12, 10, 40];
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("aria-label", `${state.name} over the epochs; the arrow keys walk along the curves`);
    svg.replaceChildren();
    tip.hide();
    const points = shown.flatMap((one) => one.points);
    if (!points.length) {
      svg.append(element("text", { x: 58, y: 40, class: "tick" }, "nothing to draw"));
      drawn = { lines: [] };
      return;
    }
    const ys = points.map((p) => p.y).sort((a, b) => a - b);
    const epochs = points.reduce((last, p) => Math.max(last, p.epoch), 0);
    // One run that went astray does not flatten all others.
    const most = ys[Math.floor((ys.length - 1) * 0.95)];
    const lows = points.map((p) => below(p));
    const [lowest, highest] = [Math.min(ys[0], ...lows), Math.max(ys.at(-1), ...points.map((p) => p.y + (p.deviation ?? 0)))];
    const cut = !state.log && ys.at(-1) > 8 * Math.abs(most) && ys.length > 20;
    const y = scale(lowest, cut ? 2 * most : highest, height - bottom, top, state.log);
    const values = y.ticks(6);
    const texts = tickTexts(values);
    const left = axisWidth(texts);
    const x = scale(1, Math.max(epochs, 2), left, width - right);
    for (const [i, value] of values.entries()) {
      svg.append(
        element("line", { class: "grid", x1: left, x2: width - right, y1: y(value), y2: y(value) }),
        element("text", { class: "tick", x: left - 8, y: y(value) + 4, "text-anchor": "end" }, texts[i]));
    }
    const ticks = x.ticks(Math.min(epochs, width / 70)).filter((value) => Number.isInteger(value) && value > 0);
    for (const value of ticks.includes(1) ? ticks : [1, ...ticks]) {
      svg.append(element("text", { class: "tick", x: x(value), y: height - bottom + 18, "text-anchor": "middle" }, value));
    }
    svg.append(element("text", { class: "axis", x: (left + width - right) / 2, y: height - 4, "text-anchor": "middle" },
      cut ? "epoch (what lies far above is cut off)" : "epoch"));
    const clip = element("clipPath", { id: "curves-clip" },
      element("rect", { x: left, y: top - 4, width: width - left - right, height: height - top - bottom + 8 }));
    const plot = element("g", { "clip-path": "url(#curves-clip)" });
    const lines = shown.map((one) => {
      const path = one.points.map((p, i) => `${i ? "L" : "M"}${x(p.epoch).toFixed(1)} ${y(p.y).toFixed(1)}`).join("");
      const kind = one.kind === "train" && !one.only && !alone ? " train" : "";
      const other = one.run.group < 8 ? "" : " other";
      // A single point is a dot.
      const d = one.points.length > 1 ? path : `${path}h.01`;
      if (one.run.mean && one.points.length > 1) {
        const place = (p, value) => `${x(p.epoch).toFixed(1)} ${y(value).toFixed(1)}`;
        const edge = [...one.points.map((p) => place(p, p.y + p.deviation)),
          ...[...one.points].reverse().map((p) => place(p, below(p)))];
        plot.append(element("path", { class: "band", d: `M${edge.join("L")}Z`, "--c": paint(one) }));
      }
      const line = element("path", { class: `line${kind}${other}`, d, "--c": paint(one), "stroke-linecap": "round" });
      if (one.points.length === 1) line.setAttribute("stroke-width", 6);
      plot.append(line);
      return { ...one, line };
    });
    const cursor = element("g", {});
    svg.append(element("defs", {}, clip), plot, cursor);
    drawn = { lines, x, y, plot, cursor, top, bottom: height - bottom };
    drawLegend();
  }

  function drawLegend() {
    const kind = (style, word) => element("span", {}, element("i", { class: style }), word);
    const items = [];
    if (alone) {
      for (const one of [...drawn.lines].reverse()) {
        const button = element("button", { type: "button", "--c": paint(one), disabled: "" }, one.name);
        items.push(button);
      }
    } else {
      data.groups.slice(0, 9).forEach((_, group) => {
        const rest = data.groups.length - 8;
        const title = group < 8 ? groupTitle(group) : `${rest} other${rest > 1 ? "s" : ""}`;
        const button = element("button", { type: "button", "aria-pressed": !state.off.has(group), "--c": color(group) }, title);
        button.addEventListener("click", () => {
          if (!state.off.delete(group)) state.off.add(group);
          draw();
          legend.children[group].focus();
        });
        if (group < 8) button.addEventListener("pointerenter", () => highlight(group));
        button.addEventListener("pointerleave", () => highlight(null));
        items.push(button);
      });
      if (state.train && has(`val_${state.name}`)) items.push(element("span", { class: "hint" }, kind("", "training"), kind("solid", "validation")));
    }
    legend.replaceChildren(...items);
  }

  // Shows one point of one line, and the same epoch of the run's other line.
  function show(line, i) {
    const { x, y, plot, cursor, top, bottom } = drawn;
    const point = line.points[i];
    const at = [x(point.epoch), Math.max(top, y(point.y))];
    plot.classList.add("faded");
    for (const other of drawn.lines) other.line.classList.toggle("on", other.run === line.run);
    plot.append(line.line);
    cursor.replaceChildren(
      element("line", { class: "cursor", x1: at[0], x2: at[0], y1: top, y2: bottom }),
      element("circle", { class: "mark", cx: at[0], cy: at[1], r: 5, "--c": paint(line) }));
    const values = drawn.lines
      .filter((other) => other.run === line.run)
      .map((other) => [other.name, other.points.find((p) => p.epoch === point.epoch)])
      .filter(([, p]) => p)
      .map(([name, p]) => `${name} ${text(p.y)}${p.deviation === undefined ? "" : ` ± ${text(p.deviation)}`}`);
    const best = line.run.best === point.epoch ? ", its best" : "";
    const seeds = line.run.mean ? `, mean of ${line.run.mean} seeds` : replicated ? `, seed ${line.run.seed}` : "";
    const title = alone ? line.run.label : groupTitle(line.run.group) + seeds;
    tip.show(at[0], at[1] + svg.getBoundingClientRect().top - frame.getBoundingClientRect().top,
      title, [`epoch ${point.epoch}${best}`, ...values]);
  }

  function hide() {
    tip.hide();
    drawn.plot?.classList.remove("faded");
    for (const { line } of drawn.lines) line.classList.remove("on");
    drawn.cursor?.replaceChildren();
  }

  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    let near = null;
    for (const line of drawn.lines) {
      line.points.forEach((p, i) => {
        const distance = 2 * Math.abs(drawn.x(p.epoch) - px) + Math.abs(drawn.y(p.y) - py);
        if (!near || distance < near.distance) near = { line, i, distance };
      });
    }
    if (near) show(near.line, near.i);
  });
  svg.addEventListener("pointerleave", hide);

  let place = null;
  svg.addEventListener("keydown", (event) => {
    const [across, up] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [];
    if (event.key === "Escape") return hide();
    if (across === undefined || !drawn.lines.length) return;
    event.preventDefault();
    const n = drawn.lines.length;
    // From the best downwards, which was drawn last.
    const first = drawn.lines[n - 1];
    if (place === null) place = { line: 0, i: first.points.length - 1 };
    else place = { line: (place.line + up + n) % n, i: place.i + across };
    const line = drawn.lines[n - 1 - (place.line % n)];
    place.i = Math.max(0, Math.min(place.i, line.points.length - 1));
    show(line, place.i);
  });
  svg.addEventListener("blur", hide);

  views.push((group) => {
    drawn.plot?.classList.toggle("faded", group !== null);
    for (const { line, run } of drawn.lines) {
      line.classList.toggle("on", run.group === group);
      if (run.group === group) drawn.plot.append(line);
    }
  });
  follow(frame, draw);
}
