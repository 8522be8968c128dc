"use strict";
// The students of the class report: filter, sort, page, heat map. Text goes in as text, never as markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const count = data.name.length, width = data.checks.length, ROW = 20, WIDEST = 18;
  const $ = (selector, root = document) => root.querySelector(selector);
  const form = $("#filter"), list = $("#list"), map = $("#map"), canvas = $("canvas", map);
  const verdict = (row, check) => data.verdicts[row * width + check];
  const kinds = { P: "passed", W: "waiting", E: "error", "-": "absent", 0: "failed" };
  const kind = (letter) => kinds[letter] || "partial";
  const excused = (row) => data.noted[row].includes(data.keys.indexOf("excused"));
  const numbers = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });

  const passed = Array.from({ length: count }, (_, row) => {
    let sum = 0;
    for (let check = 0; check < width; check++) sum += verdict(row, check) === "P";
    return sum;
  });
  const haystack = data.name.map((name, row) => `${name} ${data.more[row]} ${data.also[row]}`.toLowerCase());
  const byName = new Intl.Collator("en", { numeric: true });
  const nameRank = rank(data.name, byName.compare);

  function rank(values, compare) {
    const order = [...values.keys()].sort((a, b) => compare(values[a], values[b]));
    const ranks = new Array(values.length);
    order.forEach((row, place) => { ranks[row] = place; });
    return ranks;
  }

  // What a column sorts by: [value of a row, whether it starts with the largest].
  const columns = {
    name: [(row) => nameRank[row], false],
    score: [(row) => data.score[row], true],
    passed: [(row) => passed[row], true],
    made: [(row) => data.made[row].length, true],
    noted: [(row) => (data.noted[row].length ? data.keys.length - data.noted[row][0] : 0), true],
    seconds: [(row) => data.seconds[row], true],
    at: [(row) => data.when[row] || null, true],
  };
  let sort = { key: "score", down: true }, rows = [], first = 0, size = 100;

  // --- which rows, in which order ---

  function filtered() {
    const values = Object.fromEntries(new FormData(form));
    const words = values.text.toLowerCase().split(/\s+/).filter(Boolean);
    const note = data.keys.indexOf(values.note);
    const low = values.low === "" ? null : Number(values.low);
    const below = values.below === "" ? null : Number(values.below);
    const fits = (row) =>
      words.every((word) => haystack[row].includes(word)) &&
      (values.check === "" || kind(verdict(row, Number(values.check))) === values.verdict) &&
      (values.mistake === "" || data.made[row].includes(Number(values.mistake))) &&
      (note < 0 || data.noted[row].includes(note)) &&
      (low === null || (data.score[row] !== null && data.score[row] >= low)) &&
      (below === null || (data.score[row] !== null && data.score[row] < below));
    return [...data.name.keys()].filter(fits);
  }

  function sorted(found) {
    const value = columns[sort.key][0], sign = sort.down ? -1 : 1;
    return found.sort((a, b) => {
      const x = value(a), y = value(b);
      if (x === y) return nameRank[a] - nameRank[b];
      if (x === null || y === null) return x === null ? 1 : -1; // what is not known comes last
      return x < y ? -sign : sign;
    });
  }

  function update() {
    rows = sorted(filtered());
    first = 0;
    const all = rows.length === count ? "All" : `${numbers.format(rows.length)} of`;
    $("#found").textContent = `${all} ${numbers.format(count)} ${count === 1 ? "student" : "students"}`;
    for (const head of list.tHead.rows[0].cells) {
      const chosen = head.dataset.key === sort.key;
      if (chosen) head.setAttribute("aria-sort", sort.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    showPage();
    at = null;
    draw();
  }

  // --- the list ---

  function make(tag, text, className) {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (className) element.className = className;
    return element;
  }

  function student(row) {
    const name = make("bdi", data.name[row]);
    if (!data.href[row]) return name;
    const link = make("a");
    link.href = data.href[row];
    link.append(name);
    return link;
  }

  function strip(row) {
    const space = "http://www.w3.org/2000/svg", step = width > 40 ? 3 : 6;
    const svg = document.createElementNS(space, "svg");
    svg.setAttribute("class", "strip");
    svg.setAttribute("width", width * step);
    svg.setAttribute("height", 12);
    svg.setAttribute("aria-hidden", "true");
    for (let check = 0; check < width; check++) {
      const box = document.createElementNS(space, "rect");
      box.setAttribute("class", `h-${verdict(row, check)}`);
      box.setAttribute("x", check * step);
      box.setAttribute("width", step - 1);
      box.setAttribute("height", 12);
      svg.append(box);
    }
    return svg;
  }

  function tags(cell, texts, tag) {
    for (const text of texts) {
      const wrapper = make("span", undefined, "tag");
      wrapper.append(make(tag, text));
      cell.append(wrapper, " ");
    }
  }

  function tableRow(row) {
    const line = make("tr"), head = make("th");
    head.scope = "row";
    head.append(student(row));
    if (data.more[row]) {
      const more = make("span", undefined, "id");
      more.append(make("bdi", data.more[row]));
      head.append(more);
    }
    const score = data.score[row];
    const points = score === null ? make("td", excused(row) ? "excused" : "none yet", excused(row) ? "n" : "n error") : make("td", numbers.format(score), "n");
    if (data.plain[row] !== null) points.append(make("span", `checks: ${numbers.format(data.plain[row])}`, "id"));
    const checks = make("td");
    checks.append(strip(row), `${passed[row]} of ${width}`);
    const made = make("td"), noted = make("td");
    tags(made, data.made[row].map((number) => data.mistakes[number]), "span");
    tags(noted, data.noted[row].map((number) => data.notes[number]), "span");
    line.append(head, points, checks, made, noted, make("td", data.seconds[row].toFixed(2), "n"), make("td", data.at[row]));
    return line;
  }

  function showPage() {
    const step = size || rows.length || 1, last = Math.min(first + step, rows.length);
    list.tBodies[0].replaceChildren(...rows.slice(first, last).map(tableRow));
    $("#page").textContent = rows.length
      ? `${numbers.format(first + 1)}–${numbers.format(last)} of ${numbers.format(rows.length)}`
      : "No student fits this filter.";
    const [back, on] = document.querySelectorAll("#pager button");
    back.disabled = first === 0;
    on.disabled = last >= rows.length;
    back.hidden = on.hidden = rows.length <= step;
  }

  // --- the heat map ---

  let at = null; // the place that is read: [column, check]
  const cellWidth = () => Math.min(WIDEST, map.clientWidth / Math.max(rows.length, 1));

  function palette() {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => {
      const hex = style.getPropertyValue(`--heat-${name}`).trim().slice(1);
      return [0, 1, 2].map((i) => parseInt(hex.length === 3 ? hex[i] + hex[i] : hex.slice(2 * i, 2 * i + 2), 16));
    };
    const [P, half, none, E, W, absent] = ["P", "5", "0", "E", "W", "none"].map(colour);
    const partial = { P, 0: none, E, W, "-": absent };
    for (let tenth = 1; tenth < 10; tenth++) partial[tenth] = half;
    return partial;
  }

  // Where students are narrower than a pixel, a pixel has the mean of their colours.
  function draw() {
    const ratio = window.devicePixelRatio || 1, step = cellWidth();
    const wide = Math.max(1, Math.round(step * rows.length * ratio)), high = Math.round(ROW * width * ratio);
    canvas.width = wide;
    canvas.height = Math.max(1, high);
    canvas.style.width = `${step * rows.length}px`;
    canvas.style.height = `${ROW * width}px`;
    if (!rows.length || !width) return;
    const context = canvas.getContext("2d"), colours = palette();
    const gap = step * ratio >= 5 ? 1 : 0;
    for (let check = 0; check < width; check++) {
      const top = Math.round(check * ROW * ratio), bottom = Math.round((check + 1) * ROW * ratio) - ratio;
      for (let x = 0; x < Math.min(wide, rows.length); x++) {
        const columnsHere = Math.min(wide, rows.length);
        const from = Math.floor((x * rows.length) / columnsHere), to = Math.floor(((x + 1) * rows.length) / columnsHere);
        let red = 0, green = 0, blue = 0;
        for (let column = from; column < to; column++) {
          const [r, g, b] = colours[verdict(rows[column], check)];
          red += r; green += g; blue += b;
        }
        const n = to - from;
        context.fillStyle = `rgb(${red / n} ${green / n} ${blue / n})`;
        const left = Math.round((x * wide) / columnsHere), right = Math.round(((x + 1) * wide) / columnsHere);
        context.fillRect(left, top, right - left - gap, bottom - top);
      }
    }
    if (at) {
      context.strokeStyle = getComputedStyle(document.body).color;
      context.lineWidth = 2 * ratio;
      const x = at[0] * step * ratio, w = Math.max(step * ratio, 4);
      context.strokeRect(x + 1, at[1] * ROW * ratio + 1, w - 2, ROW * ratio - 3);
    }
  }

  function read(place) {
    at = place;
    const labels = document.querySelectorAll(".map li");
    labels.forEach((label, check) => label.classList.toggle("at", at !== null && check === at[1]));
    const reading = $("#reading");
    reading.replaceChildren();
    if (at) {
      const row = rows[at[0]], letter = verdict(row, at[1]);
      const said = { passed: "passed", failed: "failed", error: "not judged", waiting: "not judged yet", absent: "nothing was run" }[kind(letter)];
      reading.append(student(row), ` · ${data.checks[at[1]]}: ${said || `partial, about ${letter}0 %`}`);
    }
    draw();
  }

  function pointed(event) {
    const box = canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / cellWidth()), check = Math.floor((event.clientY - box.top) / ROW);
    return column >= 0 && column < rows.length && check >= 0 && check < width ? [column, check] : null;
  }

  function open(place) {
    const href = place && data.href[rows[place[0]]];
    if (href) window.location.assign(href);
  }

  let frame = 0, waiting = null;
  map.addEventListener("pointermove", (event) => {
    waiting = pointed(event);
    frame ||= requestAnimationFrame(() => { frame = 0; if (waiting) read(waiting); });
  });
  map.addEventListener("click", (event) => open(pointed(event)));
  map.addEventListener("keydown", (event) => {
    if (!rows.length || !width || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter") return open(at);
    const [column, check] = at || [-1, 0], end = rows.length - 1;
    const moves = {
      ArrowRight: [Math.min(column + 1, end), check], ArrowLeft: [Math.max(column - 1, 0), check],
      ArrowDown: [Math.max(column, 0), Math.min(check + 1, width - 1)], ArrowUp: [Math.max(column, 0), Math.max(check - 1, 0)],
      Home: [0, check], End: [end, check],
    };
    if (!(event.key in moves)) return;
    event.preventDefault();
    read(moves[event.key]);
  });
  map.addEventListener("focus", () => { $("#reading").setAttribute("aria-live", "polite"); });
  map.addEventListener("blur", () => { $("#reading").setAttribute("aria-live", "off"); });

  // --- what is pressed ---

  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(update));
  list.tHead.addEventListener("click", (event) => {
    const head = event.target.closest("button")?.parentElement;
    if (!head) return;
    const key = head.dataset.key;
    sort = { key, down: key === sort.key ? !sort.down : columns[key][1] };
    update();
  });
  $("#pager").addEventListener("click", (event) => {
    if (event.target.tagName !== "BUTTON") return;
    first = Math.max(0, first + Number(event.target.value) * size);
    showPage();
    list.scrollIntoView();
  });
  $("#pager select").addEventListener("change", (event) => {
    size = Number(event.target.value);
    first = 0;
    showPage();
  });
  function show(filter) {
    form.reset();
    for (const [name, value] of Object.entries(filter)) form.elements[name].value = value;
    update();
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-filter]");
    if (link) show(JSON.parse(link.dataset.filter));
  });

  // Tables that are written out: sorted in place.
  for (const table of document.querySelectorAll("table.sortable")) {
    table.tHead.addEventListener("click", (event) => {
      const head = event.target.closest("button")?.parentElement;
      if (!head) return;
      const column = head.cellIndex, numeric = head.classList.contains("n");
      const before = head.getAttribute("aria-sort");
      const down = before ? before === "ascending" : numeric;
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = (line) => {
        const cell = line.cells[column];
        return numeric ? Number(cell.dataset.value ?? cell.textContent) : cell.textContent.trim();
      };
      const compare = numeric ? (a, b) => a - b : byName.compare;
      const lines = [...table.tBodies[0].rows].sort((a, b) => (down ? -1 : 1) * compare(value(a), value(b)));
      table.tBodies[0].append(...lines);
    });
  }

  if (data.at.every((text) => !text)) list.classList.add("untimed");
  new ResizeObserver(draw).observe(map);
  for (const query of ["(prefers-color-scheme: dark)", "print"]) window.matchMedia(query).addEventListener("change", draw);
  update();
})();
