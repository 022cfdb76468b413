// The lab's page. It draws what the kernel sends and passes on what is pressed; it computes nothing of the GAN.
// Messages out: {do: …}; in: "state" (dials, words) and "frame" (numbers and binary arrays, see picture.pack).

const SVG = "http://www.w3.org/2000/svg";

function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "class") element.className = value;
    else if (key in element && key !== "list") element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

// Arrays as they come: a typed array over the buffer, and what its numbers are multiplied by.
const KINDS = { int16: Int16Array, uint8: Uint8Array, float32: Float32Array };
function unpack(described, buffers) {
  const found = {};
  for (const { name, kind, shape, unit } of described) {
    const view = buffers.shift();
    const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
    found[name] = { data: new KINDS[kind](bytes), shape, unit };
  }
  return found;
}

// How a layer is drawn in its button.
const MARKS = {
  d: (c) => `<rect x="1" y="1" width="7" height="14" fill="${c.generator}" opacity=".45"/>` +
    `<rect x="8" y="1" width="7" height="14" fill="${c.data}" opacity=".45"/>`,
  real: (c) => `<circle cx="8" cy="8" r="4" fill="${c.data}"/>`,
  fake: (c) => `<path d="M8 3l5 5-5 5-5-5z" fill="${c.generator}"/>`,
  grid: (c) => `<path d="M1 5q7 3 14 0M1 11q7 3 14 0M5 1q3 7 0 14M11 1q3 7 0 14" fill="none" stroke="${c.generator}"/>`,
  gradient: () => `<path d="M2 13L12 4M7 3.5h5.5V9" fill="none" stroke="#5e2a00" stroke-width="2"/>`,
  best: (c) => `<path d="M2 8a6 5 0 1 0 12 0a6 5 0 1 0-12 0" fill="none" stroke="${c.exact}" stroke-width="2"/>`,
  plan: (c) => `<path d="M2 4L14 7M2 9L14 14" stroke="${c.exact}" stroke-dasharray="2 2"/>`,
};

// The picture of one run ---------------------------------------------------------------------------------

class View {
  constructor(lab, index) {
    this.lab = lab;
    this.index = index;
    this.canvas = h("canvas", { class: "gl-board", tabIndex: -1 });
    this.slider = h("input", { type: "range", min: 0, max: 0, value: 0, title: "back through the history" });
    this.slider.setAttribute("aria-label", `history${index ? " of the run on the right" : ""}`);
    this.slider.addEventListener("input", () => this.scrub());
    this.when = h("span", {}, "step 0");
    this.branch = h("button", { title: "a second run from here", onclick: () => lab.send("branch", { run: index }) }, "Branch");
    this.root = h("div", { class: "gl-view" }, this.canvas,
      h("div", { class: "gl-past" }, h("span", {}, "history"), this.slider, this.when, this.branch));
    this.map = document.createElement("canvas");
    for (const type of ["pointerdown", "pointermove", "pointerup", "pointercancel"])
      this.canvas.addEventListener(type, (event) => this.pointer(event));
  }

  scrub() {
    this.held = performance.now();
    this.lab.send("scrub", { run: this.index, index: Number(this.slider.value) });
  }

  show(entry, arrays) {
    this.entry = entry;
    this.arrays = arrays;
    const { moments, at } = entry;
    this.slider.max = Math.max(moments.length - 1, 0);
    // a hand on the slider is not pushed away
    if (!this.held || performance.now() - this.held > 600) {
      const earlier = moments.filter((time) => time <= at).length - 1;
      this.slider.value = Math.max(earlier, 0);
    }
    this.when.textContent = `step ${at.toLocaleString("en")}`;
    this.draw();
  }

  pointer(event) {
    if (!this.lab.state.drawing) return;
    const box = this.canvas.getBoundingClientRect();
    const reach = this.lab.about.reach;
    const point = [
      Number((((event.clientX - box.left) / box.width) * 2 * reach - reach).toFixed(3)),
      Number((reach - ((event.clientY - box.top) / box.height) * 2 * reach).toFixed(3)),
    ];
    if (event.type === "pointerdown") {
      this.canvas.setPointerCapture(event.pointerId);
      this.stroke = [point];
    } else if (this.stroke && event.type === "pointermove") {
      this.stroke.push(point);
    } else if (this.stroke) {
      this.lab.send("stroke", { points: this.stroke });
      this.stroke = null;
    }
    this.draw();
    event.preventDefault();
  }

  draw() {
    const side = this.canvas.clientWidth;
    if (!side) return;
    const ratio = window.devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(side * ratio)) {
      this.canvas.width = this.canvas.height = Math.round(side * ratio);
    }
    const pen = this.canvas.getContext("2d");
    const { about } = this.lab;
    const colours = about.colours;
    const a = this.arrays || {};
    const large = side / 520;
    const X = (x) => ((x + about.reach) / (2 * about.reach)) * side;
    const Y = (y) => ((about.reach - y) / (2 * about.reach)) * side;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, side, side);
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, side, side);
    if (a.d) this.heat(pen, side, a.d);
    this.axes(pen, side, X, Y);
    if (a.grid) this.grid(pen, X, Y, a.grid, colours.generator);
    if (a.plan) this.lines(pen, X, Y, a.plan, "rgba(0,0,0,.45)", 0.9 * large);
    if (a.real) this.dots(pen, X, Y, a.real, colours.data, 2.4 * large, false);
    if (a.fake) this.dots(pen, X, Y, a.fake, colours.generator, 3 * large, true);
    if (a.gradient) this.arrows(pen, X, Y, a.gradient, large);
    if (a.best) this.contours(pen, side, a.best, large);
    if (this.lab.state.drawing) this.invite(pen, side, X, Y, colours.data);
    pen.strokeStyle = "#777";
    pen.lineWidth = 1;
    pen.strokeRect(0.5, 0.5, side - 1, side - 1);
  }

  heat(pen, side, { data, shape }) {
    const [rows, columns] = shape;
    this.map.width = columns;
    this.map.height = rows;
    const brush = this.map.getContext("2d");
    const image = brush.createImageData(columns, rows);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const d = data[row * columns + column] / 255;
        const [r, g, b] = d < 0.5 ? [213, 94, 0] : [0, 114, 178];
        const strength = Math.abs(2 * d - 1) * 0.55; // pale, so that points stand out
        const at = 4 * ((rows - 1 - row) * columns + column); // rows come from below
        image.data[at] = 255 + (r - 255) * strength;
        image.data[at + 1] = 255 + (g - 255) * strength;
        image.data[at + 2] = 255 + (b - 255) * strength;
        image.data[at + 3] = 255;
      }
    }
    brush.putImageData(image, 0, 0);
    pen.imageSmoothingEnabled = true;
    pen.drawImage(this.map, 0, 0, side, side);
  }

  axes(pen, side, X, Y) {
    const type = this.lab.typeSize() * 0.85;
    pen.strokeStyle = "rgba(0,0,0,.18)";
    pen.fillStyle = "#444";
    pen.font = `${type}px system-ui, sans-serif`;
    pen.lineWidth = 1;
    for (const tick of [-1, 0, 1]) {
      pen.beginPath();
      pen.moveTo(X(tick), side - 5);
      pen.lineTo(X(tick), side);
      pen.moveTo(0, Y(tick));
      pen.lineTo(5, Y(tick));
      pen.stroke();
      pen.textAlign = "center";
      pen.fillText(String(tick).replace("-", "−"), X(tick), side - 8);
      pen.textAlign = "left";
      pen.fillText(String(tick).replace("-", "−"), 8, Y(tick) + type / 3);
    }
    pen.textAlign = "right";
    pen.fillText("x₁", side - 6, side - 8);
    pen.textAlign = "left";
    pen.fillText("x₂", 8, type + 4);
  }

  dots(pen, X, Y, { data, unit }, colour, size, diamond) {
    pen.fillStyle = colour;
    pen.globalAlpha = diamond ? 0.75 : 0.55;
    pen.beginPath();
    for (let i = 0; i < data.length; i += 2) {
      const x = X(data[i] * unit);
      const y = Y(data[i + 1] * unit);
      if (diamond) {
        pen.moveTo(x, y - size);
        pen.lineTo(x + size, y);
        pen.lineTo(x, y + size);
        pen.lineTo(x - size, y);
        pen.closePath();
      } else {
        pen.moveTo(x + size, y);
        pen.arc(x, y, size, 0, 7);
      }
    }
    pen.fill();
    pen.globalAlpha = 1;
  }

  grid(pen, X, Y, { data, unit, shape }, colour) {
    const n = Math.round(Math.sqrt(shape[0]));
    pen.strokeStyle = colour;
    pen.lineWidth = 1;
    pen.globalAlpha = 0.55;
    pen.beginPath();
    const go = (i, first) => {
      const [x, y] = [X(data[2 * i] * unit), Y(data[2 * i + 1] * unit)];
      if (first) pen.moveTo(x, y);
      else pen.lineTo(x, y);
    };
    if (n * n !== shape[0]) {
      // one-dimensional noise: G bends a line
      pen.lineWidth = 2;
      for (let i = 0; i < shape[0]; i++) go(i, i === 0);
    } else {
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) go(i * n + j, j === 0);
        for (let j = 0; j < n; j++) go(j * n + i, j === 0);
      }
    }
    pen.stroke();
    pen.globalAlpha = 1;
  }

  lines(pen, X, Y, { data, unit }, colour, width) {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.setLineDash([3, 2]);
    pen.beginPath();
    for (let i = 0; i < data.length; i += 4) {
      pen.moveTo(X(data[i] * unit), Y(data[i + 1] * unit));
      pen.lineTo(X(data[i + 2] * unit), Y(data[i + 3] * unit));
    }
    pen.stroke();
    pen.setLineDash([]);
  }

  arrows(pen, X, Y, { data }, large) {
    // as long as the slope is steep while it is small, so that a vanished gradient is seen to be one; then shorter
    pen.strokeStyle = pen.fillStyle = "#5e2a00";
    pen.lineWidth = 1.3 * large;
    for (let i = 0; i < data.length; i += 4) {
      const [x, y] = [X(data[i]), Y(data[i + 1])];
      const scale = 0.4 / (0.5 + Math.hypot(data[i + 2], data[i + 3]));
      const [u, v] = [X(data[i] + scale * data[i + 2]), Y(data[i + 1] + scale * data[i + 3])];
      const length = Math.hypot(u - x, v - y);
      if (length < 1) continue;
      const head = Math.min(5 * large, length / 2);
      const angle = Math.atan2(v - y, u - x);
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(u, v);
      pen.stroke();
      pen.beginPath();
      pen.moveTo(u, v);
      pen.lineTo(u - head * Math.cos(angle - 0.45), v - head * Math.sin(angle - 0.45));
      pen.lineTo(u - head * Math.cos(angle + 0.45), v - head * Math.sin(angle + 0.45));
      pen.fill();
    }
  }

  // Level lines of a map, cell by cell (marching squares); the middle one is the thick one.
  contours(pen, side, { data, shape }, large) {
    const [rows, columns] = shape;
    const place = (row, column) => [((column + 0.5) / columns) * side, side - ((row + 0.5) / rows) * side];
    for (const [level, width, dash] of [[0.2, 1, [2, 3]], [0.5, 2.2, []], [0.8, 1.2, [7, 3]]]) {
      pen.beginPath();
      for (let row = 0; row + 1 < rows; row++) {
        for (let column = 0; column + 1 < columns; column++) {
          const corners = [[row, column], [row, column + 1], [row + 1, column + 1], [row + 1, column]];
          const values = corners.map(([r, c]) => data[r * columns + c] / 255 - level);
          const cuts = [];
          for (let i = 0; i < 4; i++) {
            const j = (i + 1) % 4;
            if (values[i] > 0 === values[j] > 0) continue;
            const share = values[i] / (values[i] - values[j]);
            const [from, to] = [place(...corners[i]), place(...corners[j])];
            cuts.push([from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])]);
          }
          for (let i = 0; i + 1 < cuts.length; i += 2) {
            pen.moveTo(...cuts[i]);
            pen.lineTo(...cuts[i + 1]);
          }
        }
      }
      pen.strokeStyle = "#000";
      pen.lineWidth = width * large;
      pen.setLineDash(dash);
      pen.stroke();
    }
    pen.setLineDash([]);
  }

  invite(pen, side, X, Y, colour) {
    if (this.stroke) {
      pen.strokeStyle = colour;
      pen.lineWidth = 4;
      pen.beginPath();
      this.stroke.forEach(([x, y], i) => (i ? pen.lineTo(X(x), Y(y)) : pen.moveTo(X(x), Y(y))));
      pen.stroke();
    } else if (!this.lab.state.runs.some(({ settings }) => settings.data === "drawn")) {
      const type = Math.min(this.lab.typeSize(), side / 20);
      pen.fillStyle = "#333";
      pen.textAlign = "center";
      pen.font = `${type}px system-ui, sans-serif`;
      pen.fillText("Draw the data here with the mouse.", side / 2, type * 3);
    }
  }
}

// Curves against steps -----------------------------------------------------------------------------------

function chart(canvas, title, curves, typeSize) {
  const [wide, high] = [canvas.clientWidth, canvas.clientHeight];
  if (!wide) return;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(wide * ratio);
  canvas.height = Math.round(high * ratio);
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, wide, high);
  const type = typeSize * 0.85;
  pen.font = `${type}px system-ui, sans-serif`;
  const [left, right, top, bottom] = [type * 3.5, 6, type * 2.7, type * 1.6];
  const points = curves.flatMap(({ xy, level }) => (level === undefined ? xy : []));
  const shown = points.map(([, y]) => y).filter(Number.isFinite).sort((a, b) => a - b);
  for (const { level } of curves) if (level !== undefined && shown.length) shown.push(level);
  // the first moments of a run may be far off: a fiftieth at either end may leave the frame
  const sorted = shown.sort((a, b) => a - b);
  let low = sorted[Math.floor(sorted.length * 0.02)] ?? 0;
  let up = sorted[Math.max(0, Math.ceil(sorted.length * 0.98) - 1)] ?? 1;
  if (low > 0 && low < 0.5 * up) low = 0;
  if (up - low < 1e-9) [low, up] = [low - 0.5, up + 0.5];
  const steps = points.map(([x]) => x);
  const [first, last] = [Math.min(...steps, Infinity), Math.max(...steps, -Infinity)];
  const span = last > first ? last - first : 1;
  const X = (x) => left + ((x - first) / span) * (wide - left - right);
  const Y = (y) => high - bottom - ((y - low) / (up - low)) * (high - top - bottom);
  pen.fillStyle = "#1b1b1b";
  pen.textAlign = "left";
  pen.fillText(title, 0, type);
  let along = 0;
  for (const { name, colour, dash } of curves) {
    pen.strokeStyle = colour;
    pen.lineWidth = 2;
    pen.setLineDash(dash || []);
    pen.beginPath();
    pen.moveTo(along, type * 1.95);
    pen.lineTo(along + 1.5 * type, type * 1.95);
    pen.stroke();
    pen.fillText(name, along + 1.8 * type, type * 2.3);
    along += 2.5 * type + pen.measureText(name).width;
  }
  pen.setLineDash([]);
  pen.strokeStyle = "#ccc";
  pen.lineWidth = 1;
  pen.strokeRect(left, top, wide - left - right, high - top - bottom);
  pen.fillStyle = "#444";
  pen.textAlign = "right";
  pen.fillText(short(up), left - 4, top + type * 0.7);
  pen.fillText(short(low), left - 4, high - bottom);
  if (last > -Infinity) {
    pen.textAlign = "left";
    pen.fillText(first.toLocaleString("en"), left, high - 2);
    pen.textAlign = "right";
    pen.fillText(`step ${last.toLocaleString("en")}`, wide - right, high - 2);
  }
  pen.save();
  pen.beginPath();
  pen.rect(left, top, wide - left - right, high - top - bottom);
  pen.clip();
  for (const { xy, colour, dash, level } of curves) {
    pen.strokeStyle = colour;
    pen.lineWidth = level === undefined ? 1.5 : 1;
    pen.setLineDash(dash || []);
    pen.beginPath();
    if (level !== undefined) {
      pen.moveTo(left, Y(level));
      pen.lineTo(wide - right, Y(level));
    } else xy.forEach(([x, y], i) => (i ? pen.lineTo(X(x), Y(y)) : pen.moveTo(X(x), Y(y))));
    pen.stroke();
  }
  pen.restore();
}

function short(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  const text = size >= 1e4 || (size > 0 && size < 1e-3) ? value.toExponential(1) : value.toFixed(size < 10 ? 3 : 1);
  return text.replace("-", "−");
}

function pairs(array) {
  const found = [];
  if (array) for (let i = 0; i < array.data.length; i += 2) found.push([array.data[i], array.data[i + 1]]);
  return found;
}

// The whole page -----------------------------------------------------------------------------------------

class Page {
  constructor(model) {
    this.model = model;
    this.about = model.get("about");
    this.state = { mode: "paused", runs: [], layers: [], saved: [], drawing: false };
    this.views = [];
    this.selects = {};
    this.build();
    this.listen = (message, buffers) => this.hear(message, buffers);
    model.on("msg:custom", this.listen);
    this.onLarge = () => this.scale();
    model.on("change:large", this.onLarge);
    this.observer = new ResizeObserver(() => this.redraw());
    this.observer.observe(this.root);
    this.send("hello");
  }

  close() {
    this.model.off("msg:custom", this.listen);
    this.model.off("change:large", this.onLarge);
    this.observer.disconnect();
  }

  send(what, given = {}) {
    try {
      this.model.send({ do: what, ...given });
    } catch {
      this.say("No kernel is connected: run the cell to bring the lab to life.", false);
    }
  }

  typeSize() {
    return parseFloat(getComputedStyle(this.root).fontSize) || 13;
  }

  build() {
    const button = (text, what, given, title = "") =>
      h("button", { title, onclick: () => (this.send(what, typeof given === "function" ? given() : given), this.root.focus()) }, text);
    this.play = h("button", { class: "gl-play", onclick: () => (this.toggle(), this.root.focus()) }, "▶ Play");
    this.slow = button("Slow motion", "slow", {}, "walk through the parts of a step");
    this.kinds = { both: button("Step", "step", { kind: "both" }, "one step of both players"),
      d: button("Step D", "step", { kind: "d" }, "D's updates alone"),
      g: button("Step G", "step", { kind: "g" }, "G's updates alone"),
      part: button("Part", "part", {}, "one part of a step") };
    this.trained = button("Trained", "trained", {}, "start from a trained state of this data set");
    this.second = h("button", { title: "two runs on one clock", onclick: () => this.send("second", { on: this.state.runs.length === 1 }) }, "Second run");
    this.choose = h("select", { title: "the run that the dials turn", onchange: () => this.send("choose",
      { run: this.choose.value === "both" ? null : Number(this.choose.value) }) });
    this.choose.setAttribute("aria-label", "the run that the dials turn");
    for (const [value, text] of [["both", "dials: both"], ["0", "dials: left"], ["1", "dials: right"]])
      this.choose.append(h("option", { value }, text));
    this.name = h("input", { value: "my run", size: 9, title: "a name to save under", list: "" });
    this.name.setAttribute("aria-label", "name of the saved run");
    this.names = h("select", { title: "saved runs" , onchange: () => (this.name.value = this.names.value) });
    this.names.setAttribute("aria-label", "saved runs");
    this.big = h("button", { title: "large type, for a projector", onclick: () => {
      this.model.set("large", !this.model.get("large"));
      this.model.save_changes();
      this.scale();
    } }, "Large type");
    this.time = h("span", { class: "gl-clock" }, "step 0");
    const bar = h("div", { class: "gl-bar" }, this.play, ...Object.values(this.kinds).slice(0, 3), this.slow, this.kinds.part,
      button("Reset", "reset", {}, "fresh weights, step 0"), this.trained, this.second, this.choose, this.time,
      h("span", { class: "gl-space" }), h("span", { class: "gl-kept" }, this.name,
        button("Save", "save", () => ({ name: this.name.value })), this.names,
        button("Load", "load", () => ({ name: this.name.value })),
        button("Code", "code", {}, "a cell that reproduces this run"), this.big));
    this.layers = h("div", { class: "gl-layers" });
    for (const [name, text] of Object.entries(this.about.layers)) {
      const mark = document.createElementNS(SVG, "svg");
      mark.setAttribute("viewBox", "0 0 16 16");
      mark.innerHTML = MARKS[name](this.about.colours);
      this.layers.append(h("button", { "data-layer": name, onclick: () => this.toggleLayer(name) }, mark, text));
    }
    this.erase = button("Erase drawing", "erase", {});
    this.layers.append(this.erase);
    this.boards = h("div", { class: "gl-views" });
    this.lossChart = h("canvas");
    this.gapChart = h("canvas");
    this.table = h("table");
    this.diagnosis = h("div", { class: "gl-diagnosis" });
    this.diagnosis.setAttribute("aria-live", "polite");
    this.words = h("div", { class: "gl-words" });
    this.words.setAttribute("aria-live", "polite");
    this.source = h("pre");
    this.codeBox = h("div", { class: "gl-code", hidden: true }, h("b", {}, "The present run, without this panel"), this.source,
      h("div", { class: "gl-bar" }, h("button", { onclick: () => navigator.clipboard?.writeText(this.source.textContent) }, "Copy"),
        h("button", { onclick: () => ((this.codeBox.hidden = true), this.root.focus()) }, "Close")));
    const keys = h("div", { class: "gl-keys" });
    keys.innerHTML = "<kbd>space</kbd> play or pause &ensp; <kbd>→</kbd> a step &ensp; <kbd>←</kbd> back &ensp; " +
      "<kbd>d</kbd> D alone &ensp; <kbd>g</kbd> G alone &ensp; (click the picture first)";
    const note = h("div", { class: "gl-note" }, this.about.estimated);
    const picture = this.model.get("picture");
    this.still = picture ? h("img", { class: "gl-still", src: `data:image/png;base64,${picture}`, alt: "the lab, standing still" }) : null;
    this.root = h("div", { class: "ganlab", tabIndex: 0, onkeydown: (event) => this.key(event) }, this.still, bar, this.dials(),
      h("div", { class: "gl-stage" }, this.layers, this.boards),
      h("div", { class: "gl-side" }, this.lossChart, this.gapChart, this.table, this.diagnosis, note),
      this.words, keys, this.codeBox);
    // JupyterLab's shortcuts leave our keys alone
    this.root.setAttribute("data-lm-suppress-shortcuts", "true");
    this.root.setAttribute("aria-label", "GAN lab");
    this.frame = h("div", { class: "ganlab-frame" }, this.root);
    this.boards.addEventListener("pointerdown", () => this.root.focus({ preventScroll: true }));
    this.scale();
  }

  dials() {
    const groups = { data: h("fieldset", {}, h("legend", {}, "Data and noise")), game: h("fieldset", {}, h("legend", {}, "The game")) };
    for (const dial of this.about.dials.filter(({ group }) => groups[group]))
      groups[dial.group].append(h("div", { class: "gl-row" }, h("span", {}, dial.label), this.dial(dial)));
    const pair = h("div", { class: "gl-pair" }, h("span"), h("b", { class: "gl-dname" }, "D"), h("b", { class: "gl-gname" }, "G"));
    for (const dial of this.about.dials.filter(({ group }) => group === "discriminator")) {
      const twin = this.about.dials.find(({ name }) => name === dial.name.replace("discriminator", "generator"));
      pair.append(h("span", {}, dial.label), this.dial(dial, "D: "), this.dial(twin, "G: "));
    }
    return h("div", { class: "gl-dials" }, groups.data, h("fieldset", {}, h("legend", {}, "The two networks"), pair), groups.game);
  }

  dial({ name, label, options, help }, player = "") {
    const select = h("select", { "data-dial": name, title: player + label + (help ? `: ${help}` : ""), onchange: () => {
      this.send("set", { name, value: JSON.parse(select.value) });
    } });
    select.setAttribute("aria-label", player + label);
    for (const [value, text] of options) select.append(h("option", { value: JSON.stringify(value) }, text));
    this.selects[name] = select;
    return select;
  }

  hear(message, buffers) {
    if (message.kind === "state") {
      this.showState(message);
      this.root.dataset.heard = Number(this.root.dataset.heard || 0) + 1; // so that a test can wait for an answer
    }
    if (message.kind === "frame") {
      // at once, and not when it is drawn: a page in the background draws nothing
      this.send("seen", { frame: message.frame });
      buffers = [...buffers];
      this.latest = message.runs.map((entry) => ({ entry, arrays: unpack(entry.arrays, buffers) }));
      this.showMode(message.mode, message.rate);
      if (!this.state.error) this.say(message.words, false);
      if (!this.waiting) {
        this.waiting = true;
        requestAnimationFrame(() => {
          this.waiting = false;
          this.redraw(true);
          this.root.dataset.painted = Number(this.root.dataset.painted || 0) + 1; // so that a benchmark can count
        });
      }
    }
  }

  showState(state) {
    this.state = state;
    this.still?.remove();
    while (this.views.length < state.runs.length) {
      this.views.push(new View(this, this.views.length));
      this.boards.append(this.views.at(-1).root);
    }
    while (this.views.length > state.runs.length) this.views.pop().root.remove();
    const shown = state.runs[state.chosen ?? 0].settings;
    for (const [name, select] of Object.entries(this.selects)) {
      const value = JSON.stringify(name === "data" && state.drawing ? "drawn" : shown[name]);
      if (![...select.options].some((option) => sameValue(option.value, value))) select.append(h("option", { value }, value));
      for (const option of select.options) if (sameValue(option.value, value)) select.value = option.value;
    }
    const own = shown.method === "alternating";
    this.kinds.d.disabled = this.kinds.g.disabled = !own;
    this.trained.disabled = !this.about.trained.includes(shown.data);
    for (const button of this.layers.querySelectorAll("[data-layer]"))
      button.classList.toggle("gl-on", state.layers.includes(button.dataset.layer));
    this.erase.hidden = !state.drawing;
    this.boards.classList.toggle("gl-drawing", state.drawing);
    this.root.classList.toggle("gl-two", state.runs.length === 2);
    this.second.textContent = state.runs.length === 1 ? "Second run" : "One run";
    this.choose.hidden = state.runs.length === 1;
    this.choose.value = state.chosen === null ? "both" : String(state.chosen);
    this.names.hidden = !state.saved.length;
    this.names.replaceChildren(h("option", { value: "" }, "saved …"), ...state.saved.map((name) => h("option", { value: name }, name)));
    this.names.value = "";
    this.codeBox.hidden = !state.code;
    this.source.textContent = state.code;
    this.showMode(state.mode, null);
    this.say(state.error || state.words, Boolean(state.error));
    this.redraw();
  }

  showMode(mode, rate) {
    this.state.mode = mode;
    this.play.textContent = mode === "playing" ? "❚❚ Pause" : "▶ Play";
    this.slow.classList.toggle("gl-on", mode === "slow");
    this.root.dataset.mode = mode;
    if (this.latest) {
      const speed = mode === "playing" && rate ? ` · ${Math.round(rate).toLocaleString("en")} steps/s` : "";
      this.time.textContent = `step ${this.latest[0].entry.at.toLocaleString("en")}${speed}`;
    }
  }

  say(text, wrong) {
    if (this.words.textContent !== text) this.words.textContent = text;
    this.words.classList.toggle("gl-error", wrong);
  }

  redraw(fresh = false) {
    if (!this.latest || this.latest.length !== this.views.length) return;
    this.views.forEach((view, i) => (fresh || !view.arrays ? view.show(this.latest[i].entry, this.latest[i].arrays) : view.draw()));
    const chosen = Math.min(this.state.chosen ?? 0, this.latest.length - 1);
    const { entry, arrays } = this.latest[chosen];
    const c = this.about.colours;
    const type = this.typeSize();
    const which = this.latest.length > 1 ? (chosen ? " (right)" : " (left)") : "";
    chart(this.lossChart, `losses, as minimised${which}`, [
      { name: "D", colour: c.discriminator, xy: pairs(arrays["curve discriminator"]) },
      { name: "G", colour: c.generator, dash: [5, 2], xy: pairs(arrays["curve generator"]) },
    ], type);
    chart(this.gapChart, `estimated, nats${which}`, [
      { name: "KL", colour: "#000", xy: pairs(arrays["curve kl"]) },
      { name: "JS", colour: "#56B4E9", dash: [5, 2], xy: pairs(arrays["curve js"]) },
      { name: "KL, floor", colour: c.muted, dash: [1, 2], level: entry.numbers.floors.kl, xy: [] },
    ], type);
    this.tabulate();
    const found = this.latest.map(({ entry }) => entry.diagnosis).filter((d) => d !== undefined);
    if (found.length === this.latest.length) this.diagnose(found);
  }

  tabulate() {
    const numbers = this.latest.map(({ entry }) => entry.numbers);
    const critics = numbers.filter((found) => found.critic).length;
    const critic = critics > 0;
    const gap = !critics ? "gap to best D" : critics === numbers.length ? "1 − reached/W₁" : "gap, each its own";
    const rows = [["D loss", "discriminator"], ["G loss", "generator"], ["KL(p‖q)", "kl"], ["JS", "js"],
      [gap, "gap"], ["W₁", "wasserstein"], ...(numbers.some(({ slope }) => slope) ? [["steepest arrow", "slope"]] : [])];
    const head = ["", ...(numbers.length > 1 ? ["left", "right"] : ["now"]), "floor"];
    const floors = numbers[0].floors;
    this.table.replaceChildren(
      h("thead", {}, h("tr", {}, ...head.map((text) => h("th", {}, text)))),
      h("tbody", {}, ...rows.map(([text, name]) => h("tr", {}, h("th", {}, text),
        ...numbers.map((found) => h("td", {}, name === "slope" && !found.slope ? "–" : short(found[name]))),
        h("td", {}, floors[name] === undefined || (name === "gap" && critic) ? "" : short(floors[name]))))));
  }

  diagnose(found) {
    // as it was, it stays: a button under the mouse is not made anew under it
    const now = JSON.stringify(found);
    if (now === this.diagnosed) return;
    this.diagnosed = now;
    this.diagnosis.replaceChildren(...found.flatMap((d, i) => (d ? [[d, i]] : [])).flatMap(([{ verdict, words, remedies, try: offer }, i]) => [
      h("b", {}, (found.length > 1 ? (i ? "right: " : "left: ") : "") + verdict), h("div", {}, words),
      ...(offer ? [h("div", { class: "gl-try" }, "Try: " + offer[0] + ". ",
        h("button", { onclick: () => this.send("remedy", { run: i, dials: offer[1] }) }, "Turn it"))]
        : remedies.length && verdict !== "still training" ? [h("div", { class: "gl-try" }, "Look: " + remedies[0].replaceAll("`", ""))] : [])]));
  }

  toggle() {
    this.send(this.state.mode === "playing" ? "pause" : "play");
  }

  toggleLayer(name) {
    const on = this.state.layers.includes(name);
    const names = Object.keys(this.about.layers).filter((other) => (other === name ? !on : this.state.layers.includes(other)));
    this.state.layers = names;
    this.send("layers", { names });
    this.root.focus();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.turnByKey(event)) return;
    if (["INPUT", "SELECT", "TEXTAREA", "BUTTON"].includes(event.target.tagName)) {
      if (event.key === "Escape") this.root.focus();
      return;
    }
    const acts = {
      " ": () => this.toggle(),
      ArrowRight: () => (this.state.mode === "slow" ? this.send("part") : this.send("step", { kind: "both" })),
      ArrowLeft: () => this.send("back"),
      d: () => this.send("step", { kind: "d" }),
      g: () => this.send("step", { kind: "g" }),
      Escape: () => (this.codeBox.hidden = true),
    };
    if (!acts[event.key]) return;
    acts[event.key]();
    event.preventDefault();
    event.stopPropagation();
  }

  // JupyterLab takes the arrow keys from sliders and lists: they are turned here, in every host alike.
  turnByKey(event) {
    const { target, key } = event;
    const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[key];
    if (!way || !(target.type === "range" || target.tagName === "SELECT")) return false;
    if (target.type === "range") target.value = Number(target.value) + way;
    else target.selectedIndex = Math.min(Math.max(target.selectedIndex + way, 0), target.options.length - 1);
    target.dispatchEvent(new Event(target.type === "range" ? "input" : "change"));
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  scale() {
    const large = this.model.get("large");
    this.root.classList.toggle("gl-large", large);
    this.big.classList.toggle("gl-on", large);
    this.redraw();
  }
}

function sameValue(a, b) {
  return a === b || (Number(a) === Number(b) && a !== "true" && a !== "false");
}

export default {
  render({ model, el }) {
    const page = new Page(model);
    el.append(page.frame);
    return () => page.close();
  },
};
