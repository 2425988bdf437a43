// Starts the charts, sorts the table, and shows the config that is chosen.

function sortable(table) {
  const heads = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  const key = (row, i) => {
    const cell = row.cells[i];
    return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v);
  };
  const compare = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    // Numbers come before words and before what is not there.
    if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
    return a.localeCompare(b, undefined, { numeric: true });
  };
  heads.forEach((head, i) => {
    head.querySelector("button").addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].sort((a, b) => compare(key(a, i), key(b, i)));
      body.append(...(down ? rows.reverse() : rows));
    });
  });
  for (const row of body.rows) {
    row.addEventListener("pointerenter", () => highlight(Number(row.dataset.group)));
    row.addEventListener("pointerleave", () => highlight(null));
    views.push((group) => row.classList.toggle("on", Number(row.dataset.group) === group));
  }
}

function configs(pre) {
  if (data.runs.length < 2) return;
  const names = data.runs.map((run) => run.label);
  const list = select("run", names, 0, (i) => {
    pre.textContent = data.runs[i].config ?? "it cannot be read";
  });
  document.getElementById("which-config").replaceChildren(list);
}

const frames = [["#curves .chart", learningCurves], ["#scatter", scatter], ["#parallel", parallel],
  ["#predicted", predicted], ["table.sortable", sortable], ["#config", configs]];
for (const [place, start] of frames) {
  const found = document.querySelector(place);
  if (found) start(found);
}
