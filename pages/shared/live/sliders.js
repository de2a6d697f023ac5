// Sliders: a native range, its number, a tick where the logs stand. What moves is told to `moved`, what is let go of to `released`.
import { count, fixed, percent, seconds, usd } from "./notation.js";

const FINE = 400; // stops of a slider on a log scale
const WRITE = {
  count,
  usd,
  seconds,
  percent: (value) => percent(value, 0),
  number: (value) => fixed(value, 2),
};

export const element = (name, parent, { text, ...rest } = {}) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(rest)) made.setAttribute(key, value);
  parent?.append(made);
  return made;
};

const stops = (s) => (s.is_log ? FINE : Math.max(1, Math.round((s.high - s.low) / s.step)));

// The value at a stop, in round numbers, so that it survives being written into a link.
export function valueAt(s, stop) {
  const n = stops(s);
  if (stop <= 0) return s.low;
  if (stop >= n) return s.high;
  if (!s.is_log) return Number((s.low + stop * s.step).toPrecision(12));
  const value = s.low * (s.high / s.low) ** (stop / n);
  return s.step >= 1 ? Math.max(s.low, Math.round(Number(value.toPrecision(3)))) : Number(value.toPrecision(3));
}

export function stopOf(s, value) {
  const n = stops(s);
  const share = s.is_log ? Math.log(value / s.low) / Math.log(s.high / s.low) : (value - s.low) / (s.high - s.low);
  return Math.min(n, Math.max(0, Math.round(share * n)));
}

export class Slider {
  constructor(s, parent, { moved, released }) {
    this.s = s;
    this.n = stops(s);
    this.home = stopOf(s, s.shown_at);
    const row = element("div", parent, { class: "slider" });
    const top = element("div", row, { class: "top" });
    const id = `s-${s.key}`;
    element("label", top, { for: id, text: s.label });
    this.number = element("input", top, { class: "number", type: "text", inputmode: "decimal", autocomplete: "off", "aria-label": `${s.label}, number` });
    const track = element("div", row, { class: "track" });
    element("div", track, { class: "rail" });
    this.fill = element("div", track, { class: "fill" });
    for (const [value] of s.ticks.slice(0, 40)) element("div", track, { class: "mark" }).style.left = this.left(stopOf(s, value));
    element("div", track, { class: "base" }).style.left = this.left(this.home);
    this.input = element("input", track, { id, type: "range", min: 0, max: this.n, step: 1, "data-key": s.key });
    const ends = element("div", row, { class: "ends" });
    const [first, last] = [s.ticks.find(([value]) => value === s.low), s.ticks.findLast(([value]) => value === s.high)];
    element("span", ends, { text: first ? first[1] : this.write(s.low) });
    element("span", ends, { text: last ? last[1] : this.write(s.high) });
    this.input.oninput = () => {
      const stop = Number(this.input.value);
      this.show(stop === this.home ? null : valueAt(s, stop), false);
      moved();
    };
    this.input.onchange = () => released();
    this.number.onfocus = () => this.number.select();
    this.number.onkeydown = (event) => {
      if (event.key === "Enter") this.number.blur();
    };
    this.number.onchange = () => {
      this.show(this.read(this.number.value));
      moved();
      released();
    };
    this.number.onblur = () => this.show(this.value);
  }

  left(stop) {
    return `calc(8px + (100% - 16px) * ${stop / this.n})`; // the thumb is 16 wide, and its middle stands at the value
  }

  write(value) {
    return WRITE[this.s.write](value);
  }

  // A typed number; nothing, or a word, is the baseline. Out of range is the nearest end.
  read(text) {
    const digits = text.replace(/[$,%\s]/g, "");
    const value = digits === "" ? NaN : Number(digits) / (this.s.write === "percent" ? 100 : 1);
    if (!Number.isFinite(value)) return null;
    const kept = Math.min(this.s.high, Math.max(this.s.low, value));
    const whole = this.s.step >= 1 ? Math.round(kept) : Number(kept.toPrecision(12));
    return whole === this.s.baseline ? null : whole;
  }

  // Show a value, null for the baseline; where the range stands already, its thumb is left alone.
  show(value, movesThumb = true) {
    this.value = value;
    const stop = value === null ? this.home : stopOf(this.s, value);
    if (movesThumb && Number(this.input.value) !== stop) this.input.value = stop;
    if (this.stop !== stop) this.fill.style.width = this.left(stop);
    this.stop = stop;
    const text = this.text();
    if (this.number !== this.number.getRootNode().activeElement && this.number.value !== text) this.number.value = text;
    this.input.setAttribute("aria-valuetext", this.s.unit && value !== null ? `${text} ${this.s.unit}` : text);
  }

  text() {
    return this.value === null ? this.s.at_baseline ?? this.write(this.s.baseline) : this.write(this.value);
  }
}
