// The explorer of a result of lrprism: reads the numbers in the page, and draws what the reader asks for.

const content = JSON.parse(document.getElementById("content").textContent);
const { result, bands, outputs, tables, groups, counts } = content;
const { clusters, cells } = groups;
const isScene = content.kind === "scene";
const find = (id) => document.getElementById(id);
const PIN_COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7"]; // Okabe and Ito
const FEATURE_COLOURS = {
  pigment: "#009E73", structure: "#56B4E9", water: "#0072B2", biochemical: "#D55E00", mineral: "#A0457E",
  atmosphere: "#8a8a86",
};
const MOST_PINS = PIN_COLOURS.length;
const ROUNDING = 0.051; // nm: the fields show one digit behind the point
const WHOLE_SHARE = 0.99; // of the pixels lie within the colours of a map
const started = performance.now();

// ---------------------------------------------------------------- numbers

/** Return the bytes of a text in base64 that was deflated. */
async function inflate(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Response(stream).arrayBuffer();
}

const readFloats = async (text) => new Float32Array(await inflate(text));
const readWhole = async (text) => new Int32Array(await inflate(text));

/** Rows of numbers, each written as an integer k: scale * sign(k) * (|k| / levels) ** power. */
class Rows {
  constructor(codes, scale, { shape, levels, power, error }) {
    [this.rows, this.columns] = shape;
    Object.assign(this, { codes, scale, levels, error });
    this.value = Float32Array.from({ length: 2 * levels + 1 }, (_, at) => {
      const k = at - levels;
      return Math.sign(k) * (Math.abs(k) / levels) ** power;
    });
  }

  static async read(coded) {
    const Kind = coded.bytes === 1 ? Int8Array : Int16Array;
    const codes = new Kind(await inflate(coded.codes));
    const [rows] = coded.shape;
    // each column is the difference from the one before; whole numbers wrap round as they did when written
    if (coded.byDifference) for (let at = rows; at < codes.length; at += 1) codes[at] += codes[at - rows];
    return new Rows(codes, await readFloats(coded.scale), coded);
  }

  /** Return one row. */
  row(index) {
    const { codes, rows, levels, value } = this;
    const row = new Float32Array(this.columns);
    for (let column = 0, at = index; column < row.length; column += 1, at += rows) {
      row[column] = this.scale[index] * value[codes[at] + levels];
    }
    return row;
  }

  /** Return the sum of some columns for every row. */
  sumColumns(columns) {
    const { codes, rows, levels, value } = this;
    const sums = new Float32Array(rows);
    for (const column of columns) {
      for (let index = 0, at = column * rows; index < rows; index += 1, at += 1) {
        sums[index] += value[codes[at] + levels];
      }
    }
    for (let index = 0; index < rows; index += 1) sums[index] *= this.scale[index];
    return sums;
  }
}

/** The same numbers in the hands of the server that the page came from: fetched first, then read as others are. */
class ServedRows {
  constructor({ shape, error }) {
    [this.rows, this.columns] = shape;
    Object.assign(this, { error, kept: new Map() });
  }

  /** Fetch the spectra of some pixels, and the sum of some bands for every pixel; the last ones are kept. */
  async prepare(indices, columns) {
    const wanted = [...indices.map((index) => `row/${index}`), ...(columns.length ? [`sum/${columns}`] : [])];
    const arrived = await Promise.all(wanted.map((address) => this.kept.get(address) ?? fetchFloats(address)));
    for (const [place, address] of wanted.entries()) {
      this.kept.delete(address);
      this.kept.set(address, arrived[place]);
    }
    for (const address of [...this.kept.keys()].slice(0, -MOST_KEPT)) this.kept.delete(address);
  }

  row(index) {
    return this.kept.get(`row/${index}`);
  }

  sumColumns(columns) {
    return this.kept.get(`sum/${columns}`);
  }
}

const MOST_KEPT = 24; // answers of the server

async function fetchFloats(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return new Float32Array(await answer.arrayBuffer());
}

/** Rows that are there for some pixels alone: the others have no number. */
class SomeRows {
  constructor(rows, place) {
    Object.assign(this, { rows, place, error: rows.error });
  }

  row(index) {
    return this.place[index] < 0 ? new Float32Array(this.rows.columns).fill(NaN) : this.rows.row(this.place[index]);
  }
}

/** Write a number with three digits. */
function write(number) {
  if (number === null || number === undefined || !Number.isFinite(number)) return "–";
  if (number !== 0 && (Math.abs(number) >= 1e5 || Math.abs(number) < 1e-3)) return number.toExponential(1).replaceAll("-", "−");
  return Number(number.toPrecision(3)).toString().replace("-", "−");
}
const sign = (number) => (number > 0 ? "+" : "") + write(number);
const many = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
const nm = (number) => `${Number(number.toFixed(1))} nm`;

// ---------------------------------------------------------------- data

const items = {};
for (const [name, text] of Object.entries(content.items)) {
  items[name] = await (["output", "explained", "positive", "negative", "value", "measured"].includes(name)
    ? readFloats(text) : readWhole(text));
}
const COUNT = items.target.length;
items.cluster = await readWhole(groups.cluster);
if (isScene) items.pixel = items.step.map((sum => (step) => (sum += step))(0));
const isServed = content.relevance.served === true;
const [relevance, codedInput, maps, pictureBytes] = await Promise.all([
  isServed ? new ServedRows(content.relevance) : Rows.read(content.relevance), Rows.read(content.input),
  content.maps ? Rows.read(content.maps) : null,
  inflate((content.picture ?? content.patches).rgb),
]);
const input = isServed ? new SomeRows(codedInput, await readWhole(content.input.place)) : codedInput;
const clusterMaps = groups.maps ? await Rows.read(groups.maps) : null;
for (const means of [cells, groups.means]) {
  means.rows = { relevance: await Rows.read(means.relevance), input: await Rows.read(means.input) };
}
const colours = new Uint8Array(pictureBytes);
const order = bands.wavelength.map((_, band) => band).sort((a, b) => bands.wavelength[a] - bands.wavelength[b]);
const rank = []; // place of each band in the order of wavelength
order.forEach((band, place) => { rank[band] = place; });
const hasLabels = !result.isTrait && items.label.some((label) => label >= 0);
const nameOutput = (number) => outputs[number]?.name ?? (number < 0 ? "unknown" : `class ${number}`);

/** For each band the bands in the box round it, and how many bands share the relevance of each. */
const boxes = bands.pooledNm ? bands.wavelength.map((centre) =>
  bands.wavelength.flatMap((other, band) => (Math.abs(other - centre) <= bands.pooledNm / 2 + 1e-6 ? [band] : []))) : null;

/** Average relevance over the stated width: each band's is spread evenly over the bands of its box. */
function pool(values) {
  return boxes && Float32Array.from(boxes, (box) => box.reduce((sum, band) => sum + values[band] / boxes[band].length, 0));
}

/** Return the mean relevance, the mean input and the count of what a choice takes. */
function average(choice) {
  const sums = { relevance: new Float64Array(order.length), input: new Float64Array(order.length), count: 0 };
  const means = choice[0] === "k" ? groups.means : cells;
  const takes = readChoice(choice);
  means.keys.forEach((key, group) => {
    if (!takes(choice[0] === "k" ? [,,, ...key] : key)) return;
    const [mean, data] = [means.rows.relevance.row(group), means.rows.input.row(group)];
    sums.count += means.count[group];
    for (let band = 0; band < order.length; band += 1) {
      sums.relevance[band] += mean[band] * means.count[group];
      sums.input[band] += data[band] * means.count[group];
    }
  });
  for (let band = 0; band < order.length; band += 1) {
    sums.relevance[band] /= sums.count;
    sums.input[band] /= sums.count;
  }
  return sums;
}

// Where each shown pixel of a scene lies in its picture, and back.
const picture = content.picture;
const cellsWide = isScene ? Math.ceil(picture.width / picture.step) : 0;
const cellsHigh = isScene ? Math.ceil(picture.height / picture.step) : 0;
const itemOfCell = new Int32Array(cellsWide * cellsHigh).fill(-1);
const placeOf = (item) => [Math.floor(items.pixel[item] / picture.width), items.pixel[item] % picture.width];
const cellOf = (item) => placeOf(item).map((at) => Math.floor(at / picture.step));
if (isScene) {
  for (let item = COUNT - 1; item >= 0; item -= 1) {
    const [row, column] = cellOf(item);
    itemOfCell[row * cellsWide + column] = item;
  }
}

// ---------------------------------------------------------------- state

const state = { view: "relevance", low: 0, high: 0, pins: [0], first: "pin", second: "", filter: "" };

/** Return the bands of the stretch that is shown: those between two places in the order of wavelength. */
const stretchBands = () => order.slice(state.low, state.high + 1);
const isOneBand = () => state.low === state.high;

/** Return a test of groups for a choice: "t3" explained for class 3, "l3" truly of it, "k5" of cluster 5, "c1,2" truly 1 and predicted 2. */
function readChoice(choice) {
  const numbers = choice.slice(1).split(",").map(Number);
  return {
    t: ([target]) => target === numbers[0],
    l: ([, label]) => label === numbers[0],
    k: ([, , , cluster]) => cluster === numbers[0],
    c: ([, label, predicted]) => label === numbers[0] && predicted === numbers[1],
    a: () => true,
  }[choice[0]];
}

function nameChoice(choice) {
  const numbers = choice.slice(1).split(",").map(Number);
  return {
    t: () => `explained for ${nameOutput(numbers[0])}`,
    l: () => `truly ${nameOutput(numbers[0])}`,
    k: () => nameCluster(numbers[0]),
    c: () => `truly ${nameOutput(numbers[0])}, predicted ${nameOutput(numbers[1])}`,
    a: () => "all",
  }[choice[0]]();
}

/** Name a cluster by its class and its number among the clusters of that class, from 1. */
function nameCluster(number) {
  const { target } = clusters[number];
  const before = clusters.slice(0, number).filter((other) => other.target === target).length;
  return `cluster ${before + 1} of ${nameOutput(target)}`;
}

const readKey = (item) => [items.target[item], items.label[item], items.predicted[item], items.cluster[item]];
let passing = { filter: "", items: new Uint8Array(COUNT).fill(1) };

/** Return True if a sample passes the filter; all are asked once, when it changes. */
function passes(item) {
  if (passing.filter !== state.filter) {
    const takes = state.filter ? readChoice(state.filter) : () => true;
    passing = { filter: state.filter, items: Uint8Array.from({ length: COUNT }, (_, other) => takes(readKey(other))) };
  }
  return passing.items[item] === 1;
}

const isNumber = (text, most) => /^\d+$/.test(text) && Number(text) < most;
const isChoice = (text) => (/^[tl]\d+$|^c\d+,\d+$|^a$/.test(text) && cells.keys.some(readChoice(text)))
  || (/^k\d+$/.test(text) && Number(text.slice(1)) < clusters.length);

// A page in a frame, as in the cell of a notebook, has no address of its own: it tells its host.
const isFramed = location.protocol === "about:";

/** Take over what the address says; what it does not say, or says wrongly, stays. */
function readAddress(address = location.hash.slice(1)) {
  const said = new URLSearchParams(address);
  const views = VIEWS.map(([name]) => name);
  if (views.includes(said.get("view"))) state.view = said.get("view");
  const [low, high] = (said.get("bands") ?? "").split("-");
  if (isNumber(low, order.length)) {
    state.low = Number(low);
    state.high = isNumber(high ?? "", order.length) ? Math.max(Number(high), state.low) : state.low;
  }
  const pins = (said.get("pins") ?? "").split(",").filter((text) => isNumber(text, COUNT)).map(Number);
  if (pins.length) state.pins = [...new Set(pins)].slice(0, MOST_PINS);
  for (const name of ["first", "second", "filter"]) {
    const choice = said.get(name);
    if (choice !== null) state[name] = isChoice(choice) ? choice : name === "first" ? "pin" : "";
  }
}

function writeAddress() {
  const said = new URLSearchParams({ view: state.view, bands: isOneBand() ? state.low : `${state.low}-${state.high}`,
    pins: state.pins.join(",") });
  if (state.first !== "pin") said.set("first", state.first);
  for (const name of ["second", "filter"]) if (state[name]) said.set(name, state[name]);
  if (isFramed) parent.postMessage({ address: String(said) }, "*");
  else history.replaceState(null, "", `#${said}`);
}

// ---------------------------------------------------------------- colours

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
let theme = {};
function readTheme() {
  for (const name of ["ink", "quiet", "line", "grid", "gap", "for", "against", "pooled", "card", "mark"]) theme[name] = css(`--${name}`);
}

const hex = (text) => [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
/** Blue speaks against, white is 0, red speaks for: ColorBrewer's RdBu, told apart by every kind of sight. */
const DIVERGING = ["#053061", "#2166ac", "#4393c3", "#92c5de", "#d1e5f0", "#f7f7f7", "#fddbc7", "#f4a582", "#d6604d",
  "#b2182b", "#67001f"].map(hex);
const SEQUENTIAL = ["#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b",
  "#fde725"].map(hex); // viridis
const UNEXPLAINED = 0xffb8b8b8;

/** Return 256 colours between some of them, as bytes. */
function spread(stops) {
  const table = new Uint8Array(256 * 3);
  for (let at = 0; at < 256; at += 1) {
    const place = (at / 255) * (stops.length - 1);
    const low = Math.min(Math.floor(place), stops.length - 2);
    for (let part = 0; part < 3; part += 1) {
      table[3 * at + part] = stops[low][part] + (stops[low + 1][part] - stops[low][part]) * (place - low);
    }
  }
  return table;
}
const [DIVERGING_TABLE, SEQUENTIAL_TABLE] = [spread(DIVERGING), spread(SEQUENTIAL)];

/** Return the size within which most of the values lie; of a large number of values from some of them. */
function findExtent(values) {
  const step = Math.max(1, Math.floor(values.length / 4000));
  const sizes = [];
  for (let at = 0; at < values.length; at += step) if (Number.isFinite(values[at])) sizes.push(Math.abs(values[at]));
  const sorted = Float32Array.from(sizes).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(WHOLE_SHARE * sorted.length))] || sorted[sorted.length - 1] || 1;
}

/** Return colours as whole numbers in which a canvas keeps a pixel: red in the lowest byte, opaque. */
const packColours = (bytes) => Uint32Array.from({ length: bytes.length / 3 }, (_, at) =>
  (bytes[3 * at] | (bytes[3 * at + 1] << 8) | (bytes[3 * at + 2] << 16) | 0xff000000) >>> 0);
const [DIVERGING_PIXELS, SEQUENTIAL_PIXELS] = [DIVERGING_TABLE, SEQUENTIAL_TABLE].map(packColours);
const FAINT = 0x28ffffff; // leaves 40 of 255 of a pixel

/** Return the pixel of a value between -extent and extent. */
const paintDiverging = (value, extent) => DIVERGING_PIXELS[Math.max(0, Math.min(255, Math.round(127.5 + (127.5 * value) / extent)))];

// ---------------------------------------------------------------- picture of a scene

const VIEWS = isScene
  ? [["colour", "Colour"], ["predicted", "Predicted"], ...(hasLabels ? [["true", "True"]] : []), ["relevance", "Relevance"]]
  : [["colour", "Colour"], ["relevance", "Relevance"]];

let sceneCanvas;
let pinCanvas;

function buildScene() {
  find("stage").innerHTML = `<canvas id="scene" tabindex="0" role="application"></canvas><canvas id="pins" aria-hidden="true"></canvas>`;
  [sceneCanvas, pinCanvas] = [find("scene"), find("pins")];
  [sceneCanvas.width, sceneCanvas.height] = [cellsWide, cellsHigh];
  sceneCanvas.setAttribute("aria-label", `Scene of ${picture.height} rows and ${picture.width} columns. Arrow keys move the pin.`);
  sceneCanvas.addEventListener("click", (event) => {
    const box = sceneCanvas.getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * cellsHigh);
    const column = Math.floor(((event.clientX - box.left) / box.width) * cellsWide);
    const item = findNearest(row, column);
    if (item >= 0) choosePin(item, event.shiftKey);
  });
}

/** Return the shown pixel at a cell of the picture, or the nearest one. */
function findNearest(row, column) {
  const here = itemOfCell[Math.max(0, Math.min(cellsHigh - 1, row)) * cellsWide + Math.max(0, Math.min(cellsWide - 1, column))];
  if (here >= 0) return here;
  let [nearest, least] = [-1, Infinity];
  for (let item = 0; item < COUNT; item += 1) {
    const [y, x] = cellOf(item);
    const distance = (y - row) ** 2 + (x - column) ** 2;
    if (distance < least) [nearest, least] = [item, distance];
  }
  return nearest;
}

/** Return the value of each shown pixel in the view of relevance, and the extent of its colours. */
function measureRelevance() {
  const values = relevance.sumColumns(stretchBands());
  return [values, findExtent(values)];
}

let drawn = {};

/** Return a function that gives the pixel of a sample in the view that is shown. */
function choosePainter() {
  if (state.view === "relevance") {
    const [values, extent] = measureRelevance();
    drawn = { extent };
    return (item) => paintDiverging(values[item], extent);
  }
  if (state.view === "predicted" && result.isTrait) {
    const [low, high] = findRange(items.value);
    drawn = { low, high };
    return (item) => SEQUENTIAL_PIXELS[Math.round((255 * (items.value[item] - low)) / (high - low || 1))];
  }
  const numbers = state.view === "true" ? items.label : items.predicted;
  return (item) => (numbers[item] < 0 ? UNEXPLAINED : CLASS_PIXELS[numbers[item] % CLASS_PIXELS.length]);
}

function drawScene() {
  const image = new ImageData(cellsWide, cellsHigh);
  const pixels = new Uint32Array(image.data.buffer);
  const isColour = state.view === "colour";
  const paint = isColour ? null : choosePainter();
  for (let cell = 0; cell < itemOfCell.length; cell += 1) {
    const item = itemOfCell[cell];
    const pixel = isColour ? COLOUR_PIXELS[cell] : item < 0 ? UNEXPLAINED : paint(item);
    pixels[cell] = state.filter && (item < 0 || !passes(item)) ? pixel & FAINT : pixel;
  }
  sceneCanvas.getContext("2d").putImageData(image, 0, 0);
  drawKey();
}

const COLOUR_PIXELS = isScene ? packColours(colours) : null;
const CLASS_PIXELS = packColours(outputs.flatMap(({ colour }) => hex(colour)));

function findRange(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function drawPins() {
  if (!isScene) return;
  const box = sceneCanvas.getBoundingClientRect();
  const ratio = window.devicePixelRatio || 1;
  [pinCanvas.width, pinCanvas.height] = [Math.round(box.width * ratio), Math.round(box.height * ratio)];
  const context = pinCanvas.getContext("2d");
  context.scale(ratio, ratio);
  markPins(context, box.width, box.height);
}

function markPins(context, width, height) {
  state.pins.forEach((item, number) => {
    const [row, column] = cellOf(item);
    const x = ((column + 0.5) / cellsWide) * width;
    const y = ((row + 0.5) / cellsHigh) * height;
    for (const [stroke, thickness] of [["#fff", 5], [PIN_COLOURS[number], 2.5]]) {
      context.strokeStyle = stroke;
      context.lineWidth = thickness;
      context.beginPath();
      context.arc(x, y, 7, 0, 2 * Math.PI);
      context.stroke();
    }
  });
}

/** Draw the key of the colours below the picture. */
function drawKey() {
  const key = find("key");
  if (state.view === "colour") {
    key.textContent = (content.picture ?? content.patches).title;
  } else if (state.view === "relevance") {
    drawBar(key, DIVERGING_TABLE, [`${write(-drawn.extent)} ${result.unit}, against`, `relevance ${nameStretch()}`,
      `${sign(drawn.extent)} ${result.unit}, for`], `${WHOLE_SHARE * 100} % of the values lie within these colours; grey is not explained.`);
  } else if (result.isTrait) {
    drawBar(key, SEQUENTIAL_TABLE, [`${write(drawn.low)} ${result.unit}`, "predicted", `${write(drawn.high)} ${result.unit}`], "");
  } else {
    const shown = new Set(state.view === "true" ? items.label : items.predicted);
    key.innerHTML = `<div class="legend">${outputs.map(({ name, colour }, number) => (shown.has(number)
      ? `<span><i style-colour="${colour}"></i>${escape(name)}</span>` : "")).join("")}</div>`;
    paintSwatches(key);
  }
}

function drawBar(key, table, ends, note) {
  key.innerHTML = `<canvas width="256" height="1" aria-hidden="true"></canvas><div class="ends">${ends.map((text) => `<span>${escape(text)}</span>`).join("")}</div>${note ? `<p class="quiet">${note}</p>` : ""}`;
  const image = new ImageData(256, 1);
  for (let at = 0; at < 256; at += 1) image.data.set([table[3 * at], table[3 * at + 1], table[3 * at + 2], 255], 4 * at);
  key.querySelector("canvas").getContext("2d").putImageData(image, 0, 0);
}

// The policy of the page forbids styles in its text; those set by the program are allowed.
function paintSwatches(place) {
  for (const swatch of place.querySelectorAll("[style-colour]")) swatch.style.background = swatch.getAttribute("style-colour");
}

const escape = (text) => String(text).replace(/[&<>"]/g, (letter) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[letter]);
const nameStretch = () => {
  if (isOneBand()) return `at ${nm(bands.wavelength[order[state.low]])}`;
  return `summed from ${nm(bands.wavelength[order[state.low]])} to ${nm(bands.wavelength[order[state.high]])}`;
};

// ---------------------------------------------------------------- samples

const patch = content.patches;
const PAGE = 60; // samples that are drawn at first, and with each press of the button
let shownSamples = PAGE;
let buttons = [];
const isSpectrum = patch && patch.height * patch.width === 1;

function buildSamples() {
  find("picture-title").textContent = "Samples";
  find("stage").innerHTML = `${isSpectrum ? "" : `<div class="chosen"><figure><canvas id="chosen-colour" role="img"></canvas><figcaption>${escape(patch.title)}</figcaption></figure><figure><canvas id="chosen-relevance" role="img"></canvas><figcaption id="chosen-caption"></figcaption></figure></div>`}<div id="grid" class="grid${isSpectrum ? " strips" : ""}" role="group" aria-label="Samples; arrow keys move the pin"></div><button type="button" id="more">Show more</button>`;
  find("more").addEventListener("click", () => { shownSamples += PAGE; buildGrid(); drawSamples(); });
  find("grid").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) choosePin(Number(button.dataset.item), event.shiftKey);
  });
  buildGrid();
}

/** The samples class by class, as the grid shows them. */
const sorted = Array.from({ length: COUNT }, (_, item) => item).sort((a, b) => items.target[a] - items.target[b] || a - b);

function listItems() {
  return sorted.filter(passes);
}

function buildGrid() {
  const listed = listItems();
  // a pin beyond the first ones should be seen
  while (shownSamples < listed.indexOf(state.pins[0]) + 1) shownSamples += PAGE;
  const grid = find("grid");
  grid.textContent = "";
  buttons = listed.slice(0, shownSamples).map((item) => {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.item = item;
    button.setAttribute("aria-label", describeItem(item));
    button.title = describeItem(item);
    if (hasLabels && items.label[item] >= 0 && items.label[item] !== items.predicted[item]) button.classList.add("wrong");
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = isSpectrum && state.view === "relevance" ? [order.length, 1] : [patch.width, patch.height];
    button.append(canvas);
    grid.append(button);
    return button;
  });
  find("more").hidden = listed.length <= shownSamples;
  find("more").textContent = `Show more of ${listed.length}`;
}

/** Return for each of some samples the relevance of its pixels, summed over the stretch. */
function mapsOf(chosen) {
  const area = patch.height * patch.width;
  const sums = chosen.map(() => new Float32Array(area));
  const { codes, rows, levels, value, scale } = maps;
  for (const band of stretchBands()) {
    for (let pixel = 0; pixel < area; pixel += 1) {
      // the codes of one pixel lie side by side, sample after sample
      const first = (band * area + pixel) * rows;
      for (let number = 0; number < chosen.length; number += 1) sums[number][pixel] += value[codes[first + chosen[number]] + levels];
    }
  }
  return sums.map((map, number) => map.map((sum) => sum * scale[chosen[number]]));
}

function paintPatch(canvas, item, values, extent) {
  const image = new ImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  const first = item * pixels.length;
  for (let pixel = 0; pixel < pixels.length; pixel += 1) {
    pixels[pixel] = values ? paintDiverging(values[pixel], extent) : PATCH_PIXELS[first + pixel];
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

const PATCH_PIXELS = isScene ? null : packColours(colours);

function drawSamples() {
  const isRelevance = state.view === "relevance";
  const shown = buttons.map((button) => Number(button.dataset.item));
  const readStrips = () => shown.map((item) => orderBands(relevance.row(item)));
  const values = isRelevance ? (isSpectrum ? readStrips : () => mapsOf(shown))() : [];
  const extent = isRelevance ? findExtent(values.flatMap((map) => Array.from(map))) : 1;
  buttons.forEach((button, number) => {
    const canvas = button.firstChild;
    if (isSpectrum) canvas.width = isRelevance ? order.length : 1;
    paintPatch(canvas, shown[number], values[number], extent);
  });
  drawn = { extent };
  drawKey();
}

/** Draw the chosen sample in colour, and its relevance over the stretch. */
function drawChosen() {
  if (isSpectrum) return;
  const [item] = state.pins;
  const [map] = mapsOf([item]);
  const own = findExtent(map);
  for (const id of ["chosen-colour", "chosen-relevance"]) [find(id).width, find(id).height] = [patch.width, patch.height];
  paintPatch(find("chosen-colour"), item, null, 1);
  paintPatch(find("chosen-relevance"), item, map, own);
  find("chosen-colour").setAttribute("aria-label", `${describeItem(item)}, in colour`);
  find("chosen-relevance").setAttribute("aria-label", `${describeItem(item)}, relevance ${nameStretch()}`);
  find("chosen-caption").textContent = `Relevance ${nameStretch()}, within ±${write(own)} ${result.unit}`;
}

const orderBands = (values) => Float32Array.from(order, (band) => values[band]);

function markChosen() {
  for (const button of buttons) button.setAttribute("aria-pressed", state.pins.includes(Number(button.dataset.item)));
}

// ---------------------------------------------------------------- words of a pin

function nameItem(item) {
  if (isScene) {
    const [row, column] = placeOf(item);
    return `Pixel at row ${row}, column ${column}`;
  }
  const { name, scene, row, column } = content.places;
  const place = row && column ? ` at row ${row[item]}, column ${column[item]}` : "";
  return `Sample ${name ? `"${name[item]}"` : items.number[item]}${scene ? ` of ${scene[item]}` : ""}${place}`;
}

function describeItem(item) {
  const target = nameOutput(items.target[item]);
  if (result.isTrait) {
    const measured = items.measured && Number.isFinite(items.measured[item]) ? `, measured ${write(items.measured[item])}` : "";
    return `${nameItem(item)}: ${target} ${write(items.value[item])} ${result.unit} predicted${measured}`;
  }
  const predicted = nameOutput(items.predicted[item]);
  const truth = items.label[item] < 0 ? "" : items.label[item] === items.predicted[item] ? ", which is right" : `, truly ${nameOutput(items.label[item])}`;
  const explained = items.target[item] === items.predicted[item] ? "" : `; explained for ${target}`;
  return `${nameItem(item)}: predicted ${predicted}${truth}${explained}`;
}

/** Return the sentence that stands below the picture, and that screen readers hear. */
function describeState() {
  const [item] = state.pins;
  const row = relevance.row(item);
  const here = stretchBands().reduce((sum, band) => sum + row[band], 0);
  const strongest = row.reduce((best, value, band) => (value > row[best] ? band : best), 0);
  const filter = state.filter ? ` ${many(listItems().length, isScene ? "pixel" : "sample")} shown: ${nameChoice(state.filter)}.` : "";
  return `${describeItem(item)}. Relevance ${nameStretch()}: ${sign(here)} ${result.unit}; most at ${nm(bands.wavelength[strongest])}, ${sign(row[strongest])}.${filter}`;
}

// ---------------------------------------------------------------- spectra

const FIRST_NM = bands.runs[0][0];
const LAST_NM = bands.runs[bands.runs.length - 1][1];
const ROOM = Math.max(5, 0.01 * (LAST_NM - FIRST_NM));

/** Wavelengths of the charts, with a place in the middle of each gap where lines break. */
const axis = [];
const slots = []; // the band at each place, -1 in a gap
order.forEach((band, place) => {
  const before = order[place - 1];
  if (place && bands.low[band] > bands.high[before] + 1e-9) {
    axis.push((bands.low[band] + bands.high[before]) / 2);
    slots.push(-1);
  }
  axis.push(bands.wavelength[band]);
  slots.push(band);
});
const layOut = (values) => values && slots.map((band) => (band < 0 ? null : values[band]));

/** Return what the charts show: a spectrum of relevance for the bars, and lines. */
function collectSpectra() {
  const pins = state.pins.map((item) => ({ relevance: relevance.row(item), input: input.row(item) }));
  let main = pins[0];
  let name = isScene ? "pin" : "chosen sample";
  if (state.first !== "pin") {
    main = average(state.first);
    name = `mean ${nameChoice(state.first)} (${main.count.toLocaleString("en")})`;
  }
  let second = null;
  if (state.second) {
    second = average(state.second);
    main = { relevance: main.relevance.map((value, band) => value - second.relevance[band]), input: main.input };
    name += `, minus mean ${nameChoice(state.second)} (${second.count.toLocaleString("en")})`;
  }
  return { pins, main, second, name, pooled: pool(main.relevance) };
}

let [inputChart, relevanceChart] = [null, null];
let spectra = null;

/** Draw the bars of relevance in the units of the chart, each as wide as its band. */
function drawBars(chart) {
  if (!spectra) return; // the server has sent nothing yet
  const { ctx } = chart;
  const zero = chart.valToPos(0, "y", true);
  ctx.save();
  ctx.beginPath();
  ctx.rect(chart.bbox.left, chart.bbox.top, chart.bbox.width, chart.bbox.height);
  ctx.clip();
  spectra.main.relevance.forEach((value, band) => {
    const left = chart.valToPos(bands.low[band], "x", true);
    const right = chart.valToPos(bands.high[band], "x", true);
    const top = chart.valToPos(value, "y", true);
    ctx.fillStyle = value >= 0 ? theme.for : theme.against;
    ctx.fillRect(left, Math.min(top, zero), Math.max(1, right - left - Math.min(1, (right - left) / 4)), Math.abs(top - zero));
  });
  ctx.strokeStyle = theme.quiet;
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.moveTo(chart.bbox.left, zero);
  ctx.lineTo(chart.bbox.left + chart.bbox.width, zero);
  ctx.stroke();
  ctx.restore();
}

/** Shade the gaps between bands and the bands that are flagged bad, and mark the stretch. */
function shadeGaps(chart) {
  const { ctx, bbox } = chart;
  const fill = (start, end, colour) => {
    const left = Math.max(bbox.left, chart.valToPos(start, "x", true));
    const right = Math.min(bbox.left + bbox.width, chart.valToPos(end, "x", true));
    ctx.fillStyle = colour;
    ctx.fillRect(left, bbox.top, Math.max(1, right - left), bbox.height);
  };
  ctx.save();
  bands.runs.slice(1).forEach(([start], number) => {
    if (start > bands.runs[number][1]) fill(bands.runs[number][1], start, theme.gap);
  });
  bands.good?.forEach((isGood, band) => { if (!isGood) fill(bands.low[band], bands.high[band], theme.gap); });
  const shown = stretchBands();
  fill(bands.low[shown[0]], bands.high[shown[shown.length - 1]], theme.mark);
  ctx.restore();
}

const KINDS = Object.keys(FEATURE_COLOURS).filter((kind) => bands.features.some((feature) => feature.kind === kind));
const LANE = 6; // pixels of the strip of features

/** Write what a chart shows into its upper corner, where a saved image has it too. */
function writeCaption(chart, text) {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.font = `600 ${12 * uPlot.pxRatio}px system-ui, sans-serif`;
  ctx.fillStyle = theme.quiet;
  ctx.textAlign = "right";
  ctx.textBaseline = "top";
  ctx.fillText(text, bbox.left + bbox.width - 6 * uPlot.pxRatio, bbox.top + 4 * uPlot.pxRatio);
  ctx.restore();
}

/** Draw the known features above the data, one lane for each kind. */
function drawFeatures(chart) {
  const { ctx, bbox } = chart;
  const ratio = uPlot.pxRatio;
  for (const { start, end, kind } of bands.features) {
    const left = Math.max(bbox.left, chart.valToPos(start, "x", true));
    const right = Math.min(bbox.left + bbox.width, chart.valToPos(end, "x", true));
    ctx.fillStyle = FEATURE_COLOURS[kind];
    const lane = KINDS.indexOf(kind);
    ctx.fillRect(left, bbox.top - (KINDS.length - lane) * LANE * ratio, Math.max(2 * ratio, right - left), (LANE - 2) * ratio);
  }
}

function buildCharts() {
  const sync = uPlot.sync("wavelength");
  const axisStyle = () => ({ stroke: () => theme.quiet, grid: { stroke: () => theme.grid, width: 1 }, ticks: { stroke: () => theme.grid, width: 1 },
    font: "12px system-ui, sans-serif", labelFont: "12px system-ui, sans-serif" });
  const options = (height, hooks, series, padding) => ({
    width: find("charts").clientWidth, height, padding, legend: { show: false }, series,
    cursor: { sync: { key: sync.key, setSeries: false }, drag: { x: true, y: false, setScale: false }, y: false, points: { show: false } },
    scales: { x: { time: false, range: [FIRST_NM - ROOM, LAST_NM + ROOM] } },
    axes: [{ ...axisStyle(), values: (_, ticks) => ticks, size: 34 },
      { ...axisStyle(), size: 54, values: (_, ticks) => ticks.map((tick) => String(Number(tick.toPrecision(6))).replace("-", "−")) }],
    hooks: { ...hooks, setSelect: [takeSelection] },
  });
  const line = (colour, width) => ({ stroke: typeof colour === "string" ? colour : () => theme[colour.name], width, points: { show: false }, spanGaps: false });
  const pinLines = (width) => PIN_COLOURS.map((colour) => line(colour, width));
  const quantity = [result.quantity || "input", result.inputUnit].filter((word) => word && word !== "1" && word !== "unknown").join(", ");
  find("charts").innerHTML = `<div id="input-chart" role="img"></div><div id="relevance-chart" role="img"></div>`;
  const inputOptions = options(190, { drawClear: [shadeGaps], draw: [drawFeatures, (chart) => writeCaption(chart, quantity)] },
    [{}, ...pinLines(1.6), { ...line({ name: "quiet" }, 1.4), dash: [5, 4] }], [KINDS.length * LANE + 6, 12, 0, 0]);
  inputOptions.scales.y = { range: (_, low, high) => { const room = 0.14 * (high - low || 1); return [low - room / 3, high + room]; } };
  inputOptions.axes[0].values = (_, ticks) => ticks.map(() => "");
  inputOptions.axes[0].size = 12;
  const relevanceOptions = options(250, { drawClear: [shadeGaps, drawBars], draw: [(chart) => writeCaption(chart, `relevance, ${result.unit}`)] },
    [{}, ...pinLines(1.2), line({ name: "pooled" }, 2)], [8, 12, 0, 0]);
  relevanceOptions.axes[0].label = "wavelength, nm";
  relevanceOptions.axes[0].labelSize = 18;
  relevanceOptions.scales.y = { range: findRelevanceRange };
  inputChart = new uPlot(inputOptions, [axis, ...emptyLines()], find("input-chart"));
  relevanceChart = new uPlot(relevanceOptions, [axis, ...emptyLines()], find("relevance-chart"));
  for (const chart of [inputChart, relevanceChart]) chart.over.addEventListener("click", () => takeClick(chart));
}

const emptyLines = () => Array.from({ length: MOST_PINS + 1 }, () => axis.map(() => null));

/** Return the ends of the axis of relevance: all that is drawn, and 0. */
function findRelevanceRange() {
  let [low, high] = [0, 0];
  for (const values of spectra ? [spectra.main.relevance, spectra.pooled ?? [], ...otherPins().map((pin) => pin.relevance)] : []) {
    for (const value of values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  const room = 0.06 * (high - low || 1);
  return [low - (low ? room : 0), high + 2 * room];
}

/** Return the pins that are drawn as lines over the bars: all but the first, which is the bars. */
const otherPins = () => (state.first === "pin" && !state.second ? spectra.pins.slice(1) : []);

function takeSelection(chart) {
  const { left, width } = chart.select;
  if (width < 4) return;
  const [start, end] = [chart.posToVal(left, "x"), chart.posToVal(left + width, "x")];
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  chooseStretch(start, end);
}

// after a drag uPlot keeps the click to itself
function takeClick(chart) {
  const { left } = chart.cursor;
  if (left >= 0) choosePlace(findPlace(chart.posToVal(left, "x")));
}

/** Return the place in the order of wavelength of the band nearest to a wavelength. */
const findPlace = (wanted) => order.reduce((best, band, place) => (
  Math.abs(bands.wavelength[band] - wanted) < Math.abs(bands.wavelength[order[best]] - wanted) ? place : best), 0);

function drawSpectra() {
  spectra = collectSpectra();
  const pad = (lines) => [...lines, ...emptyLines()].slice(0, MOST_PINS);
  const isMean = state.first !== "pin";
  inputChart.setData([axis, ...pad(isMean ? [] : spectra.pins.map((pin) => layOut(pin.input))),
    isMean ? layOut(spectra.main.input) : spectra.second ? layOut(spectra.second.input) : axis.map(() => null)]);
  const others = otherPins();
  relevanceChart.setData([axis, ...pad([axis.map(() => null), ...others.map((pin) => layOut(pin.relevance))]),
    layOut(spectra.pooled) ?? axis.map(() => null)]);
  find("input-chart").setAttribute("aria-label", `Spectrum of the ${isMean ? nameChoice(state.first) : "pins"}, ${nm(FIRST_NM)} to ${nm(LAST_NM)}`);
  find("relevance-chart").setAttribute("aria-label", `Relevance of ${spectra.name}`);
  drawLegend(others.length);
}

function drawLegend(others) {
  const parts = [];
  if (state.first === "pin") state.pins.forEach((item, number) => parts.push(`<span><i class="line" style-colour="${PIN_COLOURS[number]}"></i>${escape(nameItem(item))}${number <= others ? "" : " (data alone)"}</span>`));
  parts.push(`<span><i style-colour="${theme.for}"></i>for</span><span><i style-colour="${theme.against}"></i>against, as computed: ${escape(spectra.name)}</span>`);
  if (boxes) parts.push(`<span><i class="line" style-colour="${theme.pooled}"></i>pooled over ${Math.round(bands.pooledNm)} nm</span>`);
  KINDS.forEach((kind) => parts.push(`<span><i class="line" style-colour="${FEATURE_COLOURS[kind]}"></i>${kind}</span>`));
  if (bands.runs.length > 1 || bands.good?.includes(false)) parts.push(`<span><i style-colour="${theme.gap}"></i>no bands, or flagged bad</span>`);
  find("legend").innerHTML = parts.join("");
  paintSwatches(find("legend"));
}

// ---------------------------------------------------------------- band and stretch

function drawBand() {
  const [first, last] = [order[state.low], order[state.high]];
  find("band").value = state.low;
  find("band-name").textContent = isOneBand() ? `Band ${first} · ${nm(bands.wavelength[first])}`
    : `${many(state.high - state.low + 1, "band")} · ${nm(bands.wavelength[first])} to ${nm(bands.wavelength[last])}`;
  find("band").setAttribute("aria-valuetext", find("band-name").textContent);
  if (document.activeElement !== find("from")) find("from").value = bands.wavelength[first].toFixed(1);
  if (document.activeElement !== find("to")) find("to").value = bands.wavelength[last].toFixed(1);
  find("one-band").hidden = isOneBand();
  const near = bands.features.filter(({ start, end }) => start <= bands.high[last] && end >= bands.low[first]);
  find("causes").textContent = near.length
    ? `Known features here: ${near.map(({ name, kind }) => (kind === "atmosphere" ? `${name} (air)` : name)).join(", ")}. A band alone proves no cause.`
    : "No known feature here.";
}

function choosePlace(place) {
  const low = Math.max(0, Math.min(order.length - 1, place));
  update({ low, high: low, view: "relevance" });
}

function chooseStretch(start, end) {
  const inside = order.flatMap((band, place) => (bands.wavelength[band] >= start && bands.wavelength[band] <= end ? [place] : []));
  if (!inside.length) return choosePlace(findPlace((start + end) / 2));
  return update({ low: inside[0], high: inside[inside.length - 1], view: "relevance" });
}

function moveBand(step) {
  const low = Math.max(0, Math.min(order.length - 1 - (state.high - state.low), state.low + step));
  update({ low, high: low + state.high - state.low });
}

function widen(step) {
  update({ high: Math.max(state.low, Math.min(order.length - 1, state.high + step)) });
}

// ---------------------------------------------------------------- pins

function choosePin(item, isKept = false) {
  const others = isKept ? state.pins : state.pins.slice(1);
  update({ pins: [item, ...others.filter((other) => other !== item)].slice(0, MOST_PINS) });
}

function movePin(down, right) {
  const [item] = state.pins;
  if (isScene) {
    const [row, column] = cellOf(item);
    // the next shown pixel in that direction: pixels that are not explained are passed over
    for (let step = 1; step < Math.max(cellsHigh, cellsWide); step += 1) {
      const [y, x] = [row + down * step, column + right * step];
      if (y < 0 || x < 0 || y >= cellsHigh || x >= cellsWide) return;
      const next = itemOfCell[y * cellsWide + x];
      if (next >= 0) {
        choosePin(next);
        return;
      }
    }
    return;
  }
  const listed = listItems();
  const across = Math.max(1, getComputedStyle(find("grid")).gridTemplateColumns.split(" ").length);
  const next = listed[Math.max(0, Math.min(listed.length - 1, listed.indexOf(item) + right + down * across))];
  if (next === undefined) return;
  choosePin(next);
  const button = buttons.find((other) => Number(other.dataset.item) === next);
  if (find("grid").contains(document.activeElement)) button?.focus();
  button?.scrollIntoView({ block: "nearest" });
}

// ---------------------------------------------------------------- account

const SINKS = { to_bias: "in biases", to_stabilizer: "in stabilisers", to_rule: "in rules", to_constant: "in constants",
  to_unknown: "in ops without a rule", unaccounted: "not accounted for" };

function drawAccount() {
  const [item] = state.pins;
  const output = nameOutput(items.target[item]);
  const arrived = items.positive[item] + items.negative[item];
  const rows = [[`Output for ${output}`, items.output[item]], ["Arrived at the bands", arrived],
    ["of it for", items.positive[item]], ["of it against", items.negative[item]]];
  // against an input of zero the output itself is shared out; otherwise its difference from the reference
  if (!result.isZeroReference) rows.splice(1, 0, [`Less that of ${result.comparedWith}`, items.explained[item]]);
  // each amount is exact to 1 in 8192: a difference below that is none that the page could tell
  const stayed = items.explained[item] - arrived;
  const bound = (Math.abs(items.explained[item]) + items.positive[item] - items.negative[item]) / 8192;
  rows.push(["Stayed on the way", Math.abs(stayed) > bound ? stayed : 0]);
  const list = (title, lines) => `<table><caption>${escape(title)}</caption><tbody>${lines.map(([name, value]) =>
    `<tr><th scope="row">${escape(name)}</th><td>${write(value)}</td></tr>`).join("")}</tbody></table>`;
  const { account } = result;
  const mean = [["To explain", account.explained], ["Arrived at the bands", account.at_input],
    ...Object.entries(SINKS).map(([name, words]) => [`Stayed ${words}`.replace("Stayed not", "Not"), account[name]])];
  find("account-now").innerHTML = list(`${nameItem(item)}, ${result.unit}`, rows);
  if (!find("account-mean").innerHTML) find("account-mean").innerHTML = list(`Mean of all that was explained, ${result.unit}`, mean);
}

function buildAccount() {
  find("account").innerHTML = `<div id="account-pair"><div id="account-now"></div><div id="account-mean"></div></div>${tables.layers ? `<details><summary>What stayed in which layer, mean, ${escape(result.unit)}</summary><div class="scroll" tabindex="0" role="region" aria-label="Layers">${listLayers()}</div></details>` : ""}`;
}

function listLayers() {
  const { columns, rows } = tables.layers;
  const take = ["module", "op", "rule", "relevance_out", "relevance_in", "to_bias", "to_stabilizer", "to_constant"].filter((name) => columns.includes(name));
  const heads = { module: "layer", op: "op", rule: "rule", relevance_out: "at its output", relevance_in: "at its input", to_bias: "biases", to_stabilizer: "stabilisers", to_constant: "constants" };
  return `<table><thead><tr>${take.map((name) => `<th scope="col">${heads[name]}</th>`).join("")}</tr></thead><tbody>${rows.map((row) =>
    `<tr>${take.map((name) => { const value = row[columns.indexOf(name)]; return typeof value === "number" ? `<td>${write(value)}</td>` : `<td class="text">${escape(value ?? "")}</td>`; }).join("")}</tr>`).join("")}</tbody></table>`;
}

// ---------------------------------------------------------------- classes

function buildChoices() {
  const options = (numbers, letter) => [...numbers].sort((a, b) => a - b).map((number) =>
    `<option value="${letter}${number}">${escape(letter === "k" ? nameCluster(number) : nameOutput(number))}</option>`).join("");
  const column = (at) => new Set(cells.keys.map((key) => key[at]).filter((number) => number >= 0));
  const means = `<option value="a">all, mean</option><optgroup label="Explained for, mean">${options(column(0), "t")}</optgroup>${hasLabels ? `<optgroup label="Truly, mean">${options(column(1), "l")}</optgroup>` : ""}<optgroup label="Cluster, mean">${options(clusters.keys(), "k")}</optgroup><optgroup label="Cell of the table, mean" class="cells"></optgroup>`;
  find("first").innerHTML = `<option value="pin">${isScene ? "the pin" : "the chosen sample"}</option>${means}`;
  find("second").innerHTML = `<option value="">nothing</option>${means}`;
}

/** Show a choice in its list; a cell of the table is listed only while it is chosen. */
function drawChoices() {
  for (const id of ["first", "second"]) {
    const cells = find(id).querySelector(".cells");
    cells.innerHTML = state[id].startsWith("c") ? `<option value="${state[id]}">${escape(nameChoice(state[id]))}</option>` : "";
    cells.hidden = !cells.innerHTML;
    find(id).value = state[id];
  }
}

function buildConfusion() {
  find("confusion-card").hidden = !hasLabels;
  if (!hasLabels) return;
  const counted = new Map();
  cells.keys.forEach(([, label, predicted], group) => {
    if (label >= 0) counted.set(`${label},${predicted}`, (counted.get(`${label},${predicted}`) ?? 0) + cells.count[group]);
  });
  const used = outputs.map((_, number) => number).filter((number) => [...counted.keys()].some((key) => key.split(",").includes(String(number))));
  const total = [...counted.values()].reduce((sum, count) => sum + count, 0);
  const right = used.reduce((sum, number) => sum + (counted.get(`${number},${number}`) ?? 0), 0);
  find("confusion-note").textContent = `${right.toLocaleString("en")} of ${many(total, isScene ? "labelled pixel" : "sample")} right (${(100 * right / total).toFixed(1)} %). A cell shows its ${isScene ? "pixels" : "samples"}.${isScene ? " The pixels that the network was trained on are among them." : ""}`;
  find("confusion").innerHTML = `<table><thead><tr><th scope="col">true ↓ predicted →</th>${used.map((number) => `<th scope="col"><span class="up">${escape(nameOutput(number))}</span></th>`).join("")}</tr></thead><tbody>${used.map((label) => {
    const sum = used.reduce((all, other) => all + (counted.get(`${label},${other}`) ?? 0), 0);
    return `<tr><th scope="row">${escape(nameOutput(label))}</th>${used.map((predicted) => {
      const count = counted.get(`${label},${predicted}`);
      return count ? `<td><button type="button" data-cell="c${label},${predicted}" data-share="${count / sum}" data-right="${label === predicted}" aria-label="truly ${escape(nameOutput(label))}, predicted ${escape(nameOutput(predicted))}: ${count}">${count}</button></td>` : "<td></td>";
    }).join("")}</tr>`;
  }).join("")}</tbody></table>`;
  find("confusion").addEventListener("click", (event) => {
    const cell = event.target.closest("button")?.dataset.cell;
    if (cell) chooseFilter(cell);
  });
}

/** Colour the cells by their share of the true class; the page may be light or dark. */
function paintConfusion() {
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  for (const button of find("confusion").querySelectorAll("button")) {
    const share = Number(button.dataset.share) ** 0.7;
    const colour = button.dataset.right === "true" ? [0, 114, 178] : [213, 94, 0];
    const alpha = 0.12 + 0.83 * share;
    const ground = isDark ? [31, 31, 29] : [255, 255, 255];
    const mixed = colour.map((part, at) => Math.round(part * alpha + ground[at] * (1 - alpha)));
    button.style.background = `rgb(${mixed.join(",")})`;
    button.style.color = luminance(mixed) > 0.18 ? "#000" : "#fff";
  }
}

function luminance(colour) {
  const [red, green, blue] = colour.map((part) => { const share = part / 255; return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Show only some samples, and their mean in the spectrum; choosing them again shows all. */
function chooseFilter(choice) {
  if (state.filter === choice) {
    update({ filter: "", first: "pin" });
    return;
  }
  const takes = readChoice(choice);
  const inside = sorted.filter((item) => takes(readKey(item)));
  update({ filter: choice, first: choice, pins: inside.includes(state.pins[0]) ? state.pins : [inside[0], ...state.pins.slice(1)] });
}

function markFilter() {
  for (const button of document.querySelectorAll("[data-cell]")) button.setAttribute("aria-pressed", button.dataset.cell === state.filter);
  find("everything").hidden = !state.filter;
}

// ---------------------------------------------------------------- clusters

function buildClusters() {
  const targets = [...new Set(clusters.map(({ target }) => target))];
  find("cluster-class").innerHTML = `<option value="">the class of the pin</option>${targets.map((target) => `<option value="${target}">${escape(nameOutput(target))}</option>`).join("")}`;
  find("cluster-class").parentElement.hidden = targets.length < 2;
  find("cluster-class").addEventListener("change", drawClusters);
  find("clusters").addEventListener("click", (event) => {
    const cell = event.target.closest("button")?.dataset.cell;
    if (cell) chooseFilter(cell);
  });
}

/** For each cluster the samples whose class is known, and those of them that are right. */
const clusterCounts = clusters.map(() => ({ known: 0, right: 0 }));
for (let item = 0; hasLabels && item < COUNT; item += 1) {
  if (items.label[item] < 0) continue;
  const counted = clusterCounts[items.cluster[item]];
  if (!counted) continue; // a served pixel outside the clusters
  counted.known += 1;
  counted.right += items.label[item] === items.predicted[item];
}

/** Return the share of the samples of a cluster that are right, in words; nothing where no class is known. */
function countRight(number) {
  const { known, right } = clusterCounts[number];
  return known ? `, ${Math.round((100 * right) / known)} % right${known < groups.means.count[number] ? " where known" : ""}` : "";
}

let listedClusters = null;

/** List the clusters of a class, and draw the mean relevance of each as bars over wavelength. */
function drawClusters() {
  const chosen = find("cluster-class").value;
  const target = chosen === "" ? items.target[state.pins[0]] : Number(chosen);
  if (listedClusters === `${target} ${theme.ink}`) return;
  listedClusters = `${target} ${theme.ink}`;
  const listed = [...clusters.keys()].filter((number) => clusters[number].target === target);
  find("clusters").innerHTML = `<ul class="clusters">${listed.map((number) => `<li><button type="button" data-cell="k${number}" aria-pressed="${state.filter === `k${number}`}">${escape(nameCluster(number).replace(/^c/, "C"))}<small>${many(groups.means.count[number], isScene ? "pixel" : "sample")}${countRight(number)}</small><span class="mean">${clusterMaps ? `<canvas class="area" width="${patch.width}" height="${patch.height}" aria-hidden="true"></canvas>` : ""}<canvas class="bars" width="360" height="76" aria-hidden="true"></canvas></span></button></li>`).join("")}</ul>`;
  find("clusters").querySelectorAll(".bars").forEach((canvas, place) => drawCluster(canvas, listed[place]));
  find("clusters").querySelectorAll(".area").forEach((canvas, place) => {
    const map = clusterMaps.row(listed[place]);
    paintPatch(canvas, 0, map, findExtent(map));
  });
  find("clusters-note").textContent = listed.length === 1
    ? "One cluster: the samples of this class are decided alike, or there are too few to tell."
    : `Grouped by how their relevance lies over wavelength${clusterMaps ? " and over the picture, whose means are shown" : ""}. Samples that owe their class to an artefact stand apart.`;
}

function drawCluster(canvas, number) {
  const { width, height } = canvas;
  const context = canvas.getContext("2d");
  const { relevance: mean } = average(`k${number}`);
  const [low, high] = [Math.min(0, ...mean), Math.max(0, ...mean)];
  const x = (at) => ((at - FIRST_NM) / (LAST_NM - FIRST_NM)) * width;
  const y = (value) => ((high - value) / (high - low || 1)) * height;
  mean.forEach((value, band) => {
    context.fillStyle = value >= 0 ? theme.for : theme.against;
    context.fillRect(x(bands.low[band]), Math.min(y(0), y(value)), Math.max(1, x(bands.high[band]) - x(bands.low[band])), Math.abs(y(value) - y(0)));
  });
}

// ---------------------------------------------------------------- words

function buildSaid() {
  const list = (lines) => `<ul class="plain">${lines.map((line) => `<li>${escape(line.trim())}</li>`).join("")}</ul>`;
  const parts = [list([...result.verdict, ...result.words])];
  if (tables.classes) parts.push(listClasses());
  else if (result.report.length) parts.push(list(result.report));
  else parts.push(`<p class="quiet">The report judges samples of the test part: explain without --every-pixel to read it.</p>`);
  const notes = tables.classes ? result.report.filter((line) => line.startsWith("Note")) : [];
  if (notes.length || result.assumed.length) parts.push(`<details><summary>Notes on the data</summary>${list([...notes, ...result.assumed])}</details>`);
  find("said").innerHTML = parts.join("");
  find("said").addEventListener("click", (event) => {
    const { start, end, target } = event.target.closest("button")?.dataset ?? {};
    if (start === undefined) return;
    const choice = `t${target}`;
    update({ first: isChoice(choice) ? choice : "pin" });
    chooseStretch(Number(start), Number(end));
  });
}

/** List the classes with the stretches that may be named, or the reasons to name none. */
function listClasses() {
  const records = (table) => (table?.rows ?? []).map((row) => Object.fromEntries(table.columns.map((name, at) => [name, row[at]])));
  const stretches = records(tables.stretches);
  return `<div class="scroll" tabindex="0" role="region" aria-label="Classes"><table><thead><tr><th scope="col">Class</th><th scope="col">right of shown</th><th scope="col" class="text">What speaks for it, ${escape(result.unit)} with 95 % interval</th></tr></thead><tbody>${records(tables.classes).map((row) => {
    const named = stretches.filter((stretch) => stretch.class === row.class).map((stretch) =>
      `<button type="button" data-start="${stretch.start_nm}" data-end="${stretch.end_nm}" data-target="${row.class}">${stretch.start_nm.toFixed(0)}–${stretch.end_nm.toFixed(0)} nm</button> ${sign(stretch.relevance)} [${write(stretch.low)}, ${write(stretch.high)}]${stretch.lies_in ? ` in ${escape(stretch.lies_in)}` : ""}`);
    const words = row.reasons ? `<span class="quiet">Nothing is named: ${escape(row.reasons)}.</span>` : named.join("<br>");
    return `<tr><th scope="row">${escape(row.class_name)}</th><td>${row.right ?? "–"} of ${row.shown}</td><td class="text">${words}</td></tr>`;
  }).join("")}</tbody></table></div>`;
}

// ---------------------------------------------------------------- copy and save

/** Return the spectra that are shown as text with commas. */
function writeTable() {
  const quote = (text) => `"${String(text).replaceAll('"', '""')}"`;
  const columns = [["band", order.map((band) => band)], ["wavelength_nm", order.map((band) => bands.wavelength[band])]];
  const add = (name, values) => columns.push([quote(name), order.map((band) => values[band])]);
  if (state.first === "pin") spectra.pins.forEach((pin, number) => {
    add(`input of ${nameItem(state.pins[number])}`, pin.input);
    add(`relevance of ${nameItem(state.pins[number])}`, pin.relevance);
  });
  if (state.first !== "pin" || state.second) add(`relevance of ${spectra.name}`, spectra.main.relevance);
  if (spectra.pooled) add(`pooled relevance of ${spectra.name}`, spectra.pooled);
  const lines = [columns.map(([name]) => name), ...order.map((_, place) => columns.map(([, values]) => values[place]))];
  return `${lines.map((line) => line.join(",")).join("\n")}\n`;
}

async function copyTable() {
  const text = writeTable();
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // a page from disk may not use the clipboard in every browser; a selected text may be copied in all
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  say(`Copied ${many(order.length, "band")} as csv.`);
}

/** Join picture and charts into one image with its title. */
function composeImage() {
  const charts = [inputChart, relevanceChart].map((chart) => chart.ctx.canvas);
  const ratio = charts[0].width / charts[0].clientWidth;
  const [side, head, margin] = [isScene || !isSpectrum ? 420 * ratio : 0, 64 * ratio, 16 * ratio];
  const canvas = document.createElement("canvas");
  const chosen = isScene ? sceneCanvas : find("chosen-relevance");
  const tall = chosen ? (side * chosen.height) / chosen.width : 0;
  canvas.width = side + (side ? margin : 0) + charts[0].width + 2 * margin;
  canvas.height = head + Math.max(tall, charts[0].height + charts[1].height) + margin;
  const context = canvas.getContext("2d");
  context.fillStyle = theme.card;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = theme.ink;
  context.font = `600 ${15 * ratio}px system-ui, sans-serif`;
  context.fillText(`${result.title} · relevance ${nameStretch()} · ${spectra.name}`, margin, 26 * ratio);
  context.font = `${12 * ratio}px system-ui, sans-serif`;
  context.fillStyle = theme.quiet;
  context.fillText(`${describeItem(state.pins[0])} · ${find("way").textContent}`, margin, 46 * ratio);
  if (chosen && side) {
    context.imageSmoothingEnabled = false;
    context.drawImage(chosen, margin, head, side, tall);
    if (isScene) {
      context.save();
      context.translate(margin, head);
      markPins(context, side, tall);
      context.restore();
    }
  }
  const left = margin + (side ? side + margin : 0);
  context.drawImage(charts[0], left, head);
  context.drawImage(charts[1], left, head + charts[0].height);
  return canvas;
}

function saveImage() {
  composeImage().toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = "explorer.png";
    link.click();
    URL.revokeObjectURL(link.href);
    say("Saved explorer.png.");
  });
}

// ---------------------------------------------------------------- updates

function say(sentence) {
  find("sentence").textContent = sentence;
}

let turn = Promise.resolve();

/** Change the state and draw what depends on it, once the server has sent what that takes. */
function update(changes) {
  if (!isServed) {
    draw(changes);
    return turn;
  }
  turn = turn.then(() => fetchFor({ ...state, ...changes })).then(() => draw(changes),
    (error) => say(`The server does not answer: start lrprism view --serve again (${error.message}).`));
  return turn;
}

/** Fetch what is drawn of a state. */
function fetchFor({ pins, view, low, high }) {
  return relevance.prepare(pins, view === "relevance" ? order.slice(low, high + 1) : []);
}

/** Take over changes and draw what depends on them; how long that took is kept for tests. */
function draw(changes) {
  const begun = performance.now();
  const before = { ...state };
  Object.assign(state, changes);
  const is = (...names) => names.some((name) => state[name] !== before[name]) || changes.all;
  delete state.all;
  if (!isScene && is("filter")) buildGrid();
  if (is("view", "low", "high", "filter")) (isScene ? drawScene : drawSamples)();
  if (!isScene && is("pins", "low", "high")) drawChosen();
  if (isScene) drawPins();
  else markChosen();
  if (is("pins", "first", "second")) drawSpectra();
  if (is("low", "high")) {
    for (const chart of [inputChart, relevanceChart]) chart.redraw(false, false);
    drawBand();
  }
  if (is("pins")) {
    drawAccount();
    drawClusters();
  }
  if (is("first", "second")) drawChoices();
  if (is("filter")) markFilter();
  find("drop").hidden = state.pins.length < 2;
  find("keep").disabled = state.pins.length >= MOST_PINS;
  for (const radio of document.querySelectorAll("[name=view]")) radio.checked = radio.value === state.view;
  say(describeState());
  writeAddress();
  // uPlot draws in a microtask of its own, before this one
  queueMicrotask(() => { document.documentElement.dataset.updateMs = (performance.now() - begun).toFixed(2); });
}

/** Keep the first pin where it is: the next one that is chosen does not replace it. */
function keepPin() {
  if (state.pins.length < MOST_PINS) update({ pins: [state.pins[0], ...state.pins], all: true });
}

const KEYS = {
  ArrowUp: (far) => movePin(-far, 0), ArrowDown: (far) => movePin(far, 0),
  ArrowLeft: (far) => movePin(0, -far), ArrowRight: (far) => movePin(0, far),
  "[": () => moveBand(-1), "]": () => moveBand(1), "{": () => widen(-1), "}": () => widen(1), p: keepPin,
};

function takeKey(event) {
  // a field, a list, a scrolled table keep the keys that they need themselves
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=radio]), select, textarea")) return;
  if (event.key.startsWith("Arrow") && event.target.closest("[type=radio], .scroll, .clusters, summary")) return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act(event.shiftKey ? 10 : 1);
}

function resize() {
  const width = find("charts").clientWidth;
  inputChart.setSize({ width, height: inputChart.height });
  relevanceChart.setSize({ width, height: relevanceChart.height });
  drawPins();
}

async function start() {
  readTheme();
  find("title").textContent = result.title || "Explanation";
  find("way").textContent = `${result.composite.split("(")[0]} against ${result.comparedWith} · ${result.unit} · ${counts.which}, ${counts.shown.toLocaleString("en")} of ${counts.total.toLocaleString("en")} explained`;
  find("doubt").hidden = !result.doubt;
  find("doubt").textContent = `Do not read these maps: ${result.doubt}.`;
  const percent = (rows) => `${Number((100 * rows.error).toPrecision(2))} %`;
  const where = !isServed ? "All digits are in relevance.zarr."
    : content.meansOf === counts.which ? "" : `Means, clusters, true classes and data are there of ${content.meansOf} alone.`;
  const exact = isServed ? "" : ` to ${percent(relevance)} of the largest of its ${isScene ? "pixel" : "spectrum"}`;
  find("precision").textContent = `In this page relevance is exact${exact}, the data to ${percent(input)}${maps ? `, relevance in a map to ${percent(maps)} of the largest of its sample` : ""}; means are exact. ${where}`;
  find("attribution").textContent = result.attribution ? `Data: ${result.attribution}` : "";
  find("views").innerHTML = VIEWS.map(([value, name]) => `<label><input type="radio" name="view" value="${value}">${name}</label>`).join("");
  find("band").max = order.length - 1;
  if (isServed) await relevance.prepare([0], []);
  state.low = state.high = rank[relevance.row(0).reduce((best, value, band, row) => (value > row[best] ? band : best), 0)];
  state.pins = [Math.floor(COUNT / 2)];
  readAddress();
  (isScene ? buildScene : buildSamples)();
  buildAccount();
  buildChoices();
  buildConfusion();
  buildClusters();
  buildSaid();
  buildCharts();
  paintConfusion();
  await update({ all: true });
}

await start();
find("views").addEventListener("change", (event) => update({ view: event.target.value }));
for (const id of ["first", "second"]) find(id).addEventListener("change", (event) => update({ [id]: event.target.value }));
find("band").addEventListener("input", (event) => choosePlace(Number(event.target.value)));
find("previous").addEventListener("click", () => moveBand(-1));
find("next").addEventListener("click", () => moveBand(1));
for (const id of ["from", "to"]) find(id).addEventListener("change", () => chooseStretch(Number(find("from").value) - ROUNDING, Number(find("to").value) + ROUNDING));
find("one-band").addEventListener("click", () => choosePlace(state.low));
find("keep").addEventListener("click", keepPin);
find("drop").addEventListener("click", () => update({ pins: state.pins.slice(0, 1) }));
find("everything").addEventListener("click", () => update({ filter: "", first: "pin" }));
find("copy").addEventListener("click", copyTable);
find("save").addEventListener("click", saveImage);
document.addEventListener("keydown", takeKey);
addEventListener("hashchange", () => { readAddress(); update({ all: true }); });
addEventListener("message", ({ source, data }) => {
  if (!isFramed || source !== parent || typeof data?.address !== "string") return;
  readAddress(data.address);
  update({ all: true });
});
new ResizeObserver(resize).observe(find("charts"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readTheme(); paintConfusion(); drawClusters(); update({ all: true }); });
document.documentElement.dataset.readyMs = (performance.now() - started).toFixed(1);
