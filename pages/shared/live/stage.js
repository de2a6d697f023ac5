// The stage: sliders at left, the figure in the middle, the bill at right. Every `input` event is drawn in the next frame without a word
// to the server; letting go sends the position once, and the page's own controls, its link and its words follow.
import { Bill, write } from "./bill.js";
import { Figure } from "./figure.js";
import { compile, nondominated, number, readPoints } from "./model.js";
import { largeUsd, percent, seconds, usd } from "./notation.js";
import { Slider, element } from "./sliders.js";

const NARROW = 640;
const MIDDLING = 940;
const GLIDE_MS = 200;
const stages = new WeakMap();
const known = Number.isFinite;

class Stage {
  constructor(host) {
    this.root = element("div", host, { class: "stage" });
    this.build();
    this.serial = 0;
    this.frame = 0;
    this.sizes = new ResizeObserver(() => this.resize());
    this.sizes.observe(this.root);
  }

  build() {
    this.panel = element("section", this.root, { class: "sliders", "aria-label": "What if" });
    const middle = element("div", this.root, { class: "middle" });
    this.middle = middle;
    this.figure = new Figure(middle);
    this.card = element("div", middle, { class: "card", hidden: "" });
    const key = element("div", middle, { class: "key", "aria-hidden": "true" });
    for (const [kind, text] of [["dot", "now"], ["ring", "as logged"], ["full", "frontier now"], ["dash", "frontier as logged"]]) {
      const entry = element("span", key);
      element("i", entry, { class: kind });
      entry.append(text);
    }
    this.say = element("div", middle, { class: "say" });
    this.bill = new Bill(element("section", this.root, { class: "right", "aria-label": "What it costs" }));
    this.live = element("div", this.root, { class: "sr", role: "status", "aria-live": "polite" });
    const svg = this.figure.svg;
    svg.onpointermove = (event) => this.hover(this.figure.nearest(event.clientX, event.clientY, 18));
    svg.onpointerleave = () => this.hover(-1);
    svg.onclick = (event) => {
      const place = this.figure.nearest(event.clientX, event.clientY, 24);
      if (place >= 0) {
        this.asked = this.asked === place ? -1 : place;
        this.draw();
        this.commit();
      }
    };
  }

  // What the page says: once with every run of it.
  receive(data, points, send) {
    this.send = send;
    const isNew = this.pointsId !== data.points_id || this.made !== JSON.stringify(data.sliders);
    for (const [name, colour] of Object.entries(data.colours)) this.root.style.setProperty(`--${name}`, colour);
    if (isNew) this.load(data, points);
    this.figure.svg.setAttribute("aria-label", data.alt);
    const isStale = data.serial < this.serial || this.isDragging; // an answer to an earlier position must not pull the slider back
    this.rest = data.rest;
    if (!isStale) {
      this.serial = data.serial;
      this.asked = points.ids.indexOf(data.chosen);
      for (const slider of this.sliders) slider.show(data.position[slider.s.key] ?? null);
      this.figure.loosen();
    }
    this.draw();
  }

  load(data, points) {
    this.pointsId = data.points_id;
    this.made = JSON.stringify(data.sliders);
    this.points = points;
    const fields = readPoints(points.fields, points.n);
    this.now = compile(points.trees, fields, points.n);
    this.was = compile(points.trees, fields, points.n);
    this.ranked = fields.is_ranked;
    this.wasFrontier = null;
    this.figure.loosen();
    const open = new Set([...this.panel.querySelectorAll("details[open]")].map((each) => each.dataset.group));
    this.panel.replaceChildren();
    const head = element("header", this.panel);
    element("h3", head, { text: "What if" });
    this.resetButton = element("button", head, { class: "reset", type: "button", text: "↺ Reset" });
    this.resetButton.onclick = () => this.glide();
    const hint = element("div", this.panel, { class: "hint" });
    element("i", hint);
    hint.append("baseline: as logged");
    const groups = { use: this.panel };
    const told = { moved: () => this.moved(), released: () => this.commit() };
    this.counts = {};
    this.sliders = data.sliders.map((s) => {
      if (!groups[s.group]) {
        groups[s.group] = element("details", this.panel, { "data-group": s.group });
        groups[s.group].open = open.has(s.group);
        const summary = element("summary", groups[s.group], { text: data.groups[s.group] });
        this.counts[s.group] = element("b", summary);
      }
      return new Slider(s, groups[s.group], told);
    });
  }

  resize() {
    const width = this.root.clientWidth;
    if (!width || width === this.size) return;
    this.size = width;
    this.root.classList.toggle("narrow", width < NARROW);
    this.root.classList.toggle("middling", width >= NARROW && width < MIDDLING);
    this.figure.resize(this.middle.clientWidth, width < NARROW);
    this.figure.drawn = null;
    if (this.points) this.draw();
  }

  moved() {
    this.isDragging = true;
    if (!this.frame) this.frame = requestAnimationFrame(() => this.draw());
  }

  // Everything at its baseline, on the way there if motion is welcome.
  glide() {
    const away = this.sliders.filter((slider) => slider.value !== null).map((slider) => ({ slider, from: Number(slider.input.value) }));
    const start = performance.now();
    const step = (time) => {
      const share = Math.min(1, Math.max(0, (time - start) / GLIDE_MS));
      for (const { slider, from } of away) {
        slider.input.value = Math.round(from + (slider.home - from) * share);
        if (share < 1) slider.input.oninput();
        else slider.show(null);
      }
      if (share < 1) {
        requestAnimationFrame(step);
        return;
      }
      this.asked = -1;
      this.draw();
      this.commit();
    };
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) step(Infinity);
    else requestAnimationFrame(step);
  }

  // Send the position, once: what stands at its baseline is null.
  commit() {
    this.isDragging = false;
    this.serial += 1;
    const position = Object.fromEntries(this.sliders.map((slider) => [slider.s.key, slider.value]));
    this.send({ serial: this.serial, position, chosen: this.points.ids[this.asked] ?? null });
    this.live.textContent = this.finding;
  }

  at(key) {
    return this.position[key];
  }

  evaluate() {
    const { start } = this.points;
    this.position = { ...start, ...this.rest };
    for (const slider of this.sliders) if (slider.value !== null) this.position[slider.s.key] = slider.value;
    for (const key of Object.keys(this.position)) this.position[key] = number(this.position[key]);
    const logged = { ...this.position };
    for (const key of this.points.use) logged[key] = number(start[key]);
    return [this.now(this.position), this.was(logged)];
  }

  members(values) {
    const cost = values.cost_usd.map((value, i) => (this.ranked[i] === 1 ? value : NaN));
    const on = nondominated(cost, values.accuracy);
    const found = [...on.keys()].filter((i) => on[i]);
    return found.sort((a, b) => cost[a] - cost[b] || values.accuracy[b] - values.accuracy[a] || a - b);
  }

  // Whom the headline speaks of: as `analytics.projection` chooses.
  choose(frontier, feasible, isLimited) {
    if (this.asked >= 0) return this.asked;
    const within = frontier.filter((i) => !isLimited || feasible[i]);
    if (!isLimited && within.includes(this.points.knee)) return this.points.knee;
    return within.at(-1) ?? frontier.at(-1) ?? -1;
  }

  limits() {
    return [
      ["max_latency_s", "latency_s", seconds, 1],
      ["max_usd_per_month", "usd_per_month", (value) => `${largeUsd(value)} a month`, 1],
      ["min_accuracy", "accuracy", (value) => percent(value), -1],
    ].filter(([key]) => known(this.at(key)));
  }

  // Who exceeds the limits by the smallest factor: as `nearest_feasible`.
  nearest(now, limits) {
    let best = -1;
    let least = [Infinity, Infinity];
    for (let i = 0; i < this.points.n; i += 1) {
      if (this.ranked[i] !== 1) continue;
      const factors = limits.map(([key, name, , sign]) => (sign > 0 ? now[name][i] / this.at(key) : this.at(key) / now[name][i]));
      const excess = factors.reduce((a, b) => Math.max(a, b), 1);
      const cost = now.cost_usd[i];
      if (Number.isNaN(excess)) continue;
      if (excess < least[0] || (excess === least[0] && (cost < least[1] || (Number.isNaN(least[1]) && !Number.isNaN(cost)))))
        [best, least] = [i, [excess, cost]];
    }
    return best;
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    if (!this.size) return;
    const [now, was] = this.evaluate();
    this.wasFrontier ??= this.members(was); // what was logged lies where it lies, whatever the volume
    const frontier = this.members(now);
    const limits = this.limits();
    const feasible = now.is_feasible;
    const isMet = !limits.length || feasible.some((value) => value === 1);
    const chosen = this.choose(frontier, feasible, limits.length > 0);
    const month = this.at("volume") * this.points.month_days;
    const maxCost = this.at("max_usd_per_month") / month;
    this.drawnNow = { now, was, chosen };
    this.figure.draw({
      n: this.points.n, names: this.points.names, cost: now.cost_usd, accuracy: now.accuracy, low: now.accuracy_low, high: now.accuracy_high,
      wasCost: was.cost_usd, wasAccuracy: was.accuracy, frontier, wasFrontier: this.wasFrontier, feasible, chosen,
      hasUnknown: now.cost_usd.some((value, i) => value !== value && now.accuracy[i] === now.accuracy[i]),
      maxCost, minAccuracy: this.at("min_accuracy"), costNote: `${largeUsd(this.at("max_usd_per_month"))} a month`,
      accuracyNote: `at least ${percent(this.at("min_accuracy"), 0)}`, xName: "Cost per task, USD (log)", yName: "↑ Solved",
    });
    this.bill.tell(this.points.names[chosen] ?? "no configuration", now, was, chosen);
    this.bill.tellOwn(this.points.served[chosen], this.points.gpu, now, chosen, this.position);
    this.tellFinding(now, was, chosen, limits, isMet);
    const moved = this.sliders.filter((slider) => slider.value !== null);
    this.resetButton.disabled = !moved.length && this.asked < 0;
    for (const [group, mark] of Object.entries(this.counts)) {
      const n = moved.filter((slider) => slider.s.group === group).length;
      write(mark, n ? `, ${n} set` : "");
    }
  }

  tellFinding(now, was, chosen, limits, isMet) {
    const name = chosen < 0 ? "" : this.points.names[chosen];
    let text = "";
    if (!isMet) {
      const asked = limits.map(([key, , writes]) => writes(this.at(key))).join(", ");
      const i = this.nearest(now, limits);
      const got = i < 0 ? "" : limits.map(([, key, writes]) => writes(now[key][i])).join(", ");
      text = `No configuration meets ${asked}` + (i < 0 ? "." : `; the nearest is ${this.points.names[i]} at ${got}.`);
    } else if (limits.length) {
      const n = now.is_feasible.reduce((sum, value) => sum + (value === 1), 0);
      text = `${n} of ${this.points.n} configurations keep the limits.`;
    }
    const lost = now.accuracy.reduce((sum, value, i) => sum + (value !== value && was.accuracy[i] === was.accuracy[i]), 0);
    if (lost && isMet) text += ` ${lost} without a known accuracy at these settings.`;
    write(this.say, text);
    this.say.classList.toggle("bad", !isMet);
    const bill = chosen < 0 ? NaN : now.usd_per_month[chosen];
    const share = chosen < 0 ? NaN : now.accuracy[chosen];
    this.finding = isMet ? `${name}: ${usd(bill)} a month, ${percent(share)} solved. ${text}` : text;
  }

  hover(i) {
    this.card.hidden = i < 0;
    this.figure.svg.style.cursor = i < 0 ? "default" : "pointer";
    if (i < 0) return;
    const { now, was } = this.drawnNow;
    const lines = [
      `Solved ${percent(now.accuracy[i])}, logged ${percent(was.accuracy[i])}`,
      `Cost ${usd(now.cost_usd[i])}, logged ${usd(was.cost_usd[i])}`,
      `Time ${seconds(now.latency_s[i])}, logged ${seconds(was.latency_s[i])}`,
      `A month ${usd(now.usd_per_month[i])}`,
    ];
    if (now.is_feasible[i] !== 1) lines.push("Outside the limits");
    this.card.replaceChildren();
    element("b", this.card, { text: this.points.names[i] });
    for (const text of lines) element("div", this.card, { text });
    const [x, y] = [this.figure.xs[i], this.figure.ys[i]];
    const { l, t } = this.figure.margin;
    const isRight = x > this.figure.width / 2;
    this.card.style.left = isRight ? "auto" : `${x + l + 14}px`;
    this.card.style.right = isRight ? `${this.figure.outer.width - x - l + 14}px` : "auto";
    this.card.style.top = `${Math.max(0, y + t - 40)}px`;
  }

  end() {
    this.sizes.disconnect();
    cancelAnimationFrame(this.frame);
  }
}

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const hub = (window.tradespacePoints ??= new Map());
  let stage = stages.get(parentElement);
  if (!stage) {
    stage = new Stage(parentElement.querySelector("#stage"));
    stages.set(parentElement, stage);
  }
  const take = () => stage.receive(data, hub.get(data.points_id), (value) => setStateValue("position", value));
  stage.waits?.();
  if (hub.has(data.points_id)) take();
  else {
    const heard = () => {
      if (!hub.has(data.points_id)) return;
      stage.waits();
      take();
    };
    window.addEventListener("tradespace-points", heard);
    stage.waits = () => window.removeEventListener("tradespace-points", heard);
  }
  return () => {
    stage.waits?.();
    stage.end();
    stages.delete(parentElement);
  };
}
