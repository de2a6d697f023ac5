// The moving figure: accuracy against cost, as logged and now. One node for each kind of mark, made once; a frame only moves them.
import { boxesOf, leaderOf, placeNames, widthOf } from "./labels.js";
import { percent, tick, usd } from "./notation.js";

const SVG = "http://www.w3.org/2000/svg";
const LANE = 0.11; // share of the width for points of unknown cost
const MANY = 60; // above it only the frontiers keep ghosts and trails, and only the frontier intervals
const CROWDED = 150; // above it names may stand on grey points

const node = (name, parent, attributes = {}) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent?.append(made);
  return made;
};
const px = (value) => Math.round(value * 10) / 10;
const isThere = (cost, accuracy) => cost > 0 && cost < Infinity && accuracy === accuracy;

// Round dots as one path: each a line too short to see, with round ends.
function dots(members, xs, ys) {
  let d = "";
  for (const i of members) d += `M${px(xs[i])} ${px(ys[i])}h.01`;
  return d;
}

// Setting an attribute costs a new layout even where nothing changes.
function set(node, name, value) {
  node.told ??= {};
  if (node.told[name] === value) return;
  node.told[name] = value;
  node.setAttribute(name, value);
}

// As many text nodes as are needed, made once and hidden when not in use.
class Words {
  constructor(parent, kind) {
    this.group = node("g", parent, { class: kind });
    this.nodes = [];
  }

  write(texts) {
    texts.forEach(({ x, y, text, anchor = "start" }, i) => {
      const each = (this.nodes[i] ??= node("text", this.group));
      if (each.textContent !== text) each.textContent = text;
      set(each, "x", px(x));
      set(each, "y", px(y));
      set(each, "text-anchor", anchor);
      if (each.hasAttribute("display")) each.removeAttribute("display");
    });
    for (let i = texts.length; i < this.nodes.length; i += 1) if (!this.nodes[i].hasAttribute("display")) this.nodes[i].setAttribute("display", "none");
  }
}

const oneTwoFive = (low, high) => {
  const values = [];
  for (let power = Math.floor(Math.log10(low)) - 1; power <= Math.ceil(Math.log10(high)); power += 1)
    for (const [place, digit] of [1, 2, 5].entries()) values.push([Number(`${digit}e${power}`), 3 * power + place]);
  return values.filter(([value]) => value >= low && value <= high);
};

export class Figure {
  constructor(host) {
    this.svg = node("svg", host, { class: "figure", role: "img" });
    this.plot = node("g", this.svg);
    const path = (kind) => node("path", this.plot, { class: kind });
    this.region = node("rect", this.plot, { class: "region" });
    this.lane = node("rect", this.plot, { class: "lane" });
    for (const kind of ["grid", "axis", "was", "trails", "steps", "ghosts", "holes", "fieldbars", "field", "over", "front", "limits"]) this[kind] = path(kind);
    for (const kind of ["unknown", "unknownholes", "bars", "halo", "on", "focushalo", "focusring", "focus", "leaders"]) this[kind] = path(kind);
    this.ticks = new Words(this.svg, "ticks");
    this.names = new Words(this.plot, "names");
    this.details = new Words(this.plot, "details");
    this.notes = new Words(this.svg, "notes");
    this.limitNotes = new Words(this.plot, "limitnotes");
    this.last = new Map();
    this.x = this.y = null;
  }

  resize(width, isNarrow) {
    this.isNarrow = isNarrow;
    this.margin = { l: 38, r: isNarrow ? 2 : 4, t: 24, b: 46 };
    this.outer = { width, height: isNarrow ? 372 : 476 };
    this.width = width - this.margin.l - this.margin.r;
    this.height = this.outer.height - this.margin.t - this.margin.b;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${this.outer.height}`);
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("height", this.outer.height);
    this.plot.setAttribute("transform", `translate(${this.margin.l} ${this.margin.t})`);
    this.family = getComputedStyle(this.svg).fontFamily;
    this.last.clear();
  }

  // Forget the axes: they grow while a hand moves the points, and shrink again only here.
  loosen() {
    this.x = this.y = null;
  }

  // Axes that hold every point; while there are some already they only grow, so that nothing jumps under the hand.
  range(scene) {
    let [least, most, low, high] = [Infinity, 0, 1, 0];
    for (const [costs, accuracies] of [[scene.cost, scene.accuracy], [scene.wasCost, scene.wasAccuracy]]) {
      for (let i = 0; i < scene.n; i += 1) {
        const [x, y] = [costs[i], accuracies[i]];
        if (x > 0 && x < least) least = x;
        if (x < Infinity && x > most) most = x;
        if (y < low) low = y;
        if (y > high) high = y;
      }
    }
    for (const i of scene.frontier) if (scene.low[i] < low) low = scene.low[i];
    if (!(most > 0)) [least, most] = [0.01, 1];
    if (!this.x) {
      const room = Math.max(Math.log10(most / least), 0.5);
      this.x = [least / 10 ** (0.12 * room + 0.1), most * 10 ** (0.1 * room + 0.06)];
    }
    if (least < this.x[0] * 1.08) this.x[0] = least / 2;
    if (most > this.x[1] / 1.08) this.x[1] = most * 2;
    if (low > high) [low, high] = [0, 1];
    const bottom = low < 0.35 ? 0 : Math.floor((low - 0.04) * 10) / 10;
    const top = high > 0.75 ? 1 : Math.min(1, Math.ceil((high + 0.06) * 10) / 10);
    this.y = this.y ? [Math.min(this.y[0], bottom), Math.max(this.y[1], top)] : [bottom, top];
    this.end = scene.hasUnknown ? this.width * (1 - (this.isNarrow ? 0.085 : LANE)) - 8 : this.width;
    this.logs = this.x.map(Math.log10);
    this.ceiling = this.y[1] + 0.1 * (this.y[1] - this.y[0]);
  }

  atX(cost) {
    return ((Math.log10(cost) - this.logs[0]) / (this.logs[1] - this.logs[0])) * this.end;
  }

  atY(accuracy) {
    return (this.height * (this.ceiling - accuracy)) / (this.ceiling - this.y[0]);
  }

  draw(scene) {
    const { n } = scene;
    this.range(scene);
    this.drawAxes(scene);
    if (this.xs?.length !== n) for (const name of ["xs", "ys", "gx", "gy"]) this[name] = new Float64Array(n);
    const { xs, ys, gx, gy } = this;
    const rest = [];
    const over = [];
    const isOn = new Uint8Array(n);
    for (const i of scene.frontier) isOn[i] = 1;
    for (let i = 0; i < n; i += 1) {
      const now = isThere(scene.cost[i], scene.accuracy[i]);
      const was = isThere(scene.wasCost[i], scene.wasAccuracy[i]);
      xs[i] = now ? this.atX(scene.cost[i]) : NaN;
      ys[i] = now ? this.atY(scene.accuracy[i]) : NaN;
      gx[i] = was ? this.atX(scene.wasCost[i]) : NaN;
      gy[i] = was ? this.atY(scene.wasAccuracy[i]) : NaN;
      if (now && !isOn[i]) (scene.feasible[i] ? rest : over).push(i);
    }
    const ground = [];
    this.drawLimits(scene, ground);
    this.drawGhosts(scene, ground);
    set(this.front, "d", this.stairs(scene.frontier, xs, ys, ground));
    set(this.was, "d", this.stairs(scene.wasFrontier, gx, gy, n <= MANY ? ground : null));
    set(this.field, "d", dots(rest, xs, ys));
    set(this.over, "d", dots(over, xs, ys));
    const on = dots(scene.frontier, xs, ys);
    set(this.halo, "d", on);
    set(this.on, "d", on);
    const bar = (i) => (scene.low[i] === scene.low[i] ? `M${px(xs[i])} ${px(this.atY(scene.low[i]))}V${px(this.atY(scene.high[i]))}` : "");
    set(this.bars, "d", scene.frontier.map(bar).join(""));
    set(this.fieldbars, "d", n <= MANY ? [...rest, ...over].map(bar).join("") : "");
    const focus = xs[scene.chosen] === xs[scene.chosen] && scene.chosen >= 0 ? [scene.chosen] : [];
    for (const each of [this.focushalo, this.focusring, this.focus]) set(each, "d", dots(focus, xs, ys));
    set(this.focus, "class", isOn[scene.chosen] ? "focus" : "focus off");
    this.drawUnknown(scene);
    const solid = n <= CROWDED ? [...rest, ...over, ...scene.frontier] : scene.frontier;
    for (const i of solid) ground.push({ l: xs[i] - 6, r: xs[i] + 6, t: ys[i] - 6, b: ys[i] + 6 });
    for (const i of focus) ground.push({ l: xs[i] - 11, r: xs[i] + 11, t: ys[i] - 11, b: ys[i] + 11 });
    this.drawNames(scene, ground);
  }

  drawAxes(scene) {
    const key = [...this.x, ...this.y, this.end, this.width, scene.xName, scene.yName, scene.unknownNote].join();
    if (key === this.drawn) return;
    this.drawn = key;
    const { l, t } = this.margin;
    const words = [];
    const span = this.y[1] - this.y[0];
    const step = span > 0.6 ? 0.2 : span > 0.25 ? 0.1 : 0.05;
    let lines = "";
    for (let k = 0; k <= Math.round(span / step); k += 1) {
      const value = Number((this.y[1] - k * step).toFixed(6));
      if (value < this.y[0] - 1e-9) break;
      const y = this.atY(value);
      lines += `M0 ${px(y)}H${px(this.end)}`;
      words.push({ x: l - 6, y: t + y + 4, anchor: "end", text: percent(value, 0).replace("%", k === 0 ? "%" : "") });
    }
    this.grid.setAttribute("d", lines);
    let axis = `M0 ${this.height}H${px(this.end)}`;
    const all = oneTwoFive(...this.x);
    const fits = (values) =>
      values.every(
        ([value], i) =>
          i === 0 ||
          this.atX(value) - this.atX(values[i - 1][0]) >
            (widthOf(tick(value), 12, 400, this.family) + widthOf(tick(values[i - 1][0]), 12, 400, this.family)) / 2 + 8,
      );
    const kept = [1, 3, 6, 9].map((every) => all.filter(([, place]) => place % every === 0)).find(fits) ?? all.slice(0, 1);
    for (const [value] of all) axis += `M${px(this.atX(value))} ${this.height}v2.5`;
    for (const [value] of kept) {
      const x = this.atX(value);
      const half = widthOf(tick(value), 12, 400, this.family) / 2;
      axis += `M${px(x)} ${this.height}v4`;
      if (x + half < this.end + 4) words.push({ x: l + Math.max(x, half - l), y: t + this.height + 18, anchor: "middle", text: tick(value) });
    }
    this.axis.setAttribute("d", axis);
    this.ticks.write(words);
    const notes = [
      { x: 2, y: 12, text: scene.yName },
      { x: l, y: t + this.height + 38, text: "← cheaper" },
      { x: l + this.end, y: t + this.height + 38, anchor: "end", text: scene.xName },
    ];
    if (scene.hasUnknown) notes.push({ x: l + this.width, y: 12, anchor: "end", text: this.isNarrow ? "$?" : "Cost unknown" });
    this.notes.write(notes);
    for (const [name, value] of Object.entries({ x: this.end + 8, y: 0, width: Math.max(0, this.width - this.end - 8), height: this.height }))
      this.lane.setAttribute(name, px(value));
    this.lane.setAttribute("display", scene.hasUnknown ? "inline" : "none");
  }

  // The step line through the frontier, run on to the plot's edge and down to the axis at its cheap end.
  stairs(members, xs, ys, ground) {
    if (!members.length) return "";
    const first = members[0];
    let d = `M${px(xs[first])} ${px(this.height)}V${px(ys[first])}`;
    ground?.push(...boxesOf(xs[first], this.height, xs[first], ys[first]));
    members.forEach((i, k) => {
      const next = members[k + 1];
      const to = next === undefined ? this.end : xs[next];
      d += `H${px(to)}${next === undefined ? "" : `V${px(ys[next])}`}`;
      ground?.push(...boxesOf(xs[i], ys[i], to, ys[i]));
      if (next !== undefined) ground?.push(...boxesOf(to, ys[i], to, ys[next]));
    });
    return d;
  }

  // Where points were that have moved, and the way they went; of very many only those of the frontiers.
  drawGhosts(scene, ground) {
    const { xs, ys, gx, gy } = this;
    const isFew = scene.n <= MANY;
    const leaders = new Set([...scene.frontier, ...scene.wasFrontier]);
    const shown = isFew ? gx.keys() : leaders;
    const moved = [];
    for (const i of shown) if (gx[i] === gx[i] && !(Math.hypot(xs[i] - gx[i], ys[i] - gy[i]) <= 1)) moved.push(i);
    const ghosts = dots(moved, gx, gy);
    set(this.ghosts, "d", ghosts);
    set(this.holes, "d", ghosts);
    let [trails, steps] = ["", ""];
    for (const i of moved) {
      ground.push({ l: gx[i] - 4, r: gx[i] + 4, t: gy[i] - 4, b: gy[i] + 4 });
      if (xs[i] !== xs[i]) continue;
      trails += `M${px(gx[i])} ${px(gy[i])}L${px(xs[i])} ${px(ys[i])}`;
      for (const share of [1 / 3, 2 / 3]) steps += `M${px(gx[i] + (xs[i] - gx[i]) * share)} ${px(gy[i] + (ys[i] - gy[i]) * share)}h.01`;
      if (leaders.has(i)) ground.push(...boxesOf(gx[i], gy[i], xs[i], ys[i]));
    }
    set(this.trails, "d", trails);
    set(this.steps, "d", steps);
  }

  drawLimits(scene, ground) {
    const x = Number.isFinite(scene.maxCost) && scene.maxCost > 0 ? Math.min(Math.max(this.atX(scene.maxCost), 0), this.end) : this.end;
    const y = Number.isFinite(scene.minAccuracy) ? Math.min(Math.max(this.atY(scene.minAccuracy), 0), this.height) : this.height;
    const isLimited = x < this.end || y < this.height;
    let lines = "";
    const words = [];
    if (x < this.end) {
      lines += `M${px(x)} 0V${this.height}`;
      ground.push(...boxesOf(x, 0, x, this.height));
      const wide = widthOf(scene.costNote, 12, 600, this.family);
      const isRight = x + 6 + wide < this.end;
      words.push({ x: isRight ? x + 6 : x - 6, y: 10, anchor: isRight ? "start" : "end", text: scene.costNote });
      ground.push({ l: isRight ? x : x - 6 - wide, r: isRight ? x + 6 + wide : x, t: 0, b: 14 });
    }
    if (y < this.height) {
      lines += `M0 ${px(y)}H${px(this.end)}`;
      ground.push(...boxesOf(0, y, this.end, y));
      const wide = widthOf(scene.accuracyNote, 12, 600, this.family);
      words.push({ x: this.end - 4, y: y + 15, anchor: "end", text: scene.accuracyNote });
      ground.push({ l: this.end - 4 - wide, r: this.end, t: y, b: y + 18 });
    }
    set(this.limits, "d", lines);
    this.limitNotes.write(words);
    for (const [name, value] of Object.entries({ x: 0, y: 0, width: x, height: y })) set(this.region, name, px(value));
    set(this.region, "display", isLimited ? "inline" : "none");
  }

  // Points of unknown cost, side by side where they are of like accuracy.
  drawUnknown(scene) {
    const middle = (this.end + 8 + this.width) / 2;
    const taken = [];
    let d = "";
    for (let i = 0; scene.hasUnknown && i < scene.n; i += 1) {
      if (scene.cost[i] === scene.cost[i] || scene.accuracy[i] !== scene.accuracy[i]) continue;
      const y = this.atY(scene.accuracy[i]);
      const near = taken.filter((each) => Math.abs(each - y) < 9).length;
      taken.push(y);
      const x = middle + (near % 2 ? 1 : -1) * Math.ceil(near / 2) * 9;
      this.xs[i] = Math.min(Math.max(x, this.end + 13), this.width - 5);
      this.ys[i] = y;
      d += `M${px(this.xs[i])} ${px(y)}h.01`;
    }
    set(this.unknown, "d", d);
    set(this.unknownholes, "d", d);
  }

  drawNames(scene, ground) {
    const { xs, ys } = this;
    const order = [scene.chosen, scene.frontier[0], scene.frontier.at(-1), ...scene.frontier];
    const wanted = [...new Set(order)].filter((i) => i >= 0 && xs[i] < this.end).map((i) => ({
      key: i,
      x: xs[i],
      y: ys[i],
      name: scene.names[i],
      detail: `${percent(scene.accuracy[i])} · ${usd(scene.cost[i])}`,
    }));
    const room = { width: this.end, height: this.height, family: this.family, most: this.isNarrow ? 4 : 8 };
    const placed = placeNames(wanted, ground, this.last, room);
    this.names.write(placed.map(({ tx, ty, anchor, name }) => ({ x: tx, y: ty - 2, anchor, text: name })));
    this.details.write(placed.map(({ tx, ty, anchor, detail }) => ({ x: tx, y: ty + 12, anchor, text: detail })));
    const lines = placed.map((label) => leaderOf(label, label.key === scene.chosen ? 10 : 6)).filter(Boolean);
    set(this.leaders, "d", lines.map(([a, b, c, d]) => `M${px(a)} ${px(b)}L${px(c)} ${px(d)}`).join(""));
  }

  // The point nearest to a place on the screen, −1 where none is within reach.
  nearest(clientX, clientY, reach) {
    const frame = this.svg.getBoundingClientRect();
    const x = ((clientX - frame.left) * this.outer.width) / frame.width - this.margin.l;
    const y = ((clientY - frame.top) * this.outer.height) / frame.height - this.margin.t;
    let best = -1;
    let least = reach;
    for (let i = 0; i < (this.xs?.length ?? 0); i += 1) {
      const distance = Math.hypot(this.xs[i] - x, this.ys[i] - y);
      if (distance < least) [best, least] = [i, distance];
    }
    return best;
  }
}
