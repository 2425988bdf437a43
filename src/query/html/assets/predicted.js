// Predicted values of a regression against the true ones, with the line on which they are equal.

function predicted(frame) {
  const outputs = JSON.parse(document.getElementById("predicted-data").textContent);
  const state = { output: 0 };
  const bar = element("div", { class: "bar" });
  if (outputs.length > 1) {
    bar.append(select("output", outputs.map(([name]) => name), 0, (output) => {
      state.output = output;
      draw();
    }));
  }
  const svg = element("svg", { role: "img", height: 420 });
  frame.append(bar, svg);

  function draw() {
    const [name, all] = outputs[state.output];
    // JSON has no number for what is not finite.
    const points = all.filter(([truth, value]) => truth !== null && value !== null);
    svg.replaceChildren();
    svg.setAttribute("aria-label", `predicted against true ${name} of ${points.length} rows`);
    const [width, height, right, top, bottom] = [Math.min(frame.clientWidth, 544), 420, 12, 10, 44];
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    if (!points.length) return;
    const flat = points.flat();
    const [low, high] = [Math.min(...flat), Math.max(...flat)];
    const y = scale(low, high, height - bottom, top);
    const ticks = y.ticks(6);
    const texts = tickTexts(ticks);
    const left = axisWidth(texts) + 16;
    const x = scale(low, high, left, width - right);
    // Texts below the axis have the width of their letters.
    const every = Math.ceil((ticks.length * (axisWidth(texts) + 8)) / (width - left - right));
    ticks.forEach((value, i) => {
      svg.append(
        element("line", { class: "grid", x1: left, x2: width - right, y1: y(value), y2: y(value) }),
        element("text", { class: "tick", x: left - 8, y: y(value) + 4, "text-anchor": "end" }, texts[i]));
      if (i % every === 0) {
        svg.append(element("text", { class: "tick", x: x(value), y: height - bottom + 18, "text-anchor": "middle" }, texts[i]));
      }
    });
    svg.append(element("line", { class: "ideal", x1: x(low), y1: y(low), x2: x(high), y2: y(high) }));
    for (const [truth, value] of points) {
      svg.append(element("circle", { class: "value", cx: x(truth), cy: y(value), r: points.length > 500 ? 2 : 3.5 },
        element("title", {}, `true ${text(truth)}, predicted ${text(value)}`)));
    }
    const middle = (top + height - bottom) / 2;
    svg.append(
      element("text", { class: "axis", x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle" }, `true ${name}`),
      element("text", { class: "axis", x: 12, y: middle, "text-anchor": "middle", transform: `rotate(-90 12 ${middle})` }, `predicted ${name}`));
  }

  follow(frame, draw);
}
