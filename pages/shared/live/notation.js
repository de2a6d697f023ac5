// How numbers are written: analytics/notation.py again, for what moves under the hand. A test holds the two together.

export const UNKNOWN = "–";
const MINUS = "−";
const known = (value) => value !== null && value !== undefined && Number.isFinite(value);

// The shortest decimal form of a size as its digits and the power of ten of the first one; [“0”, 0] for zero.
function decimal(size) {
  const [mantissa, exponent] = size.toExponential().split("e"); // without an argument: as many digits as tell it from its neighbours
  return [mantissa.replace(".", ""), Number(exponent)];
}

// Rounds half away from zero to so many decimals, on the shortest decimal form: digits before and after the point.
function rounded(size, places) {
  const [digits, power] = decimal(size);
  const kept = power + 1 + places; // how many of the digits stay
  if (kept < 0) return ["0", "0".repeat(places)];
  let whole = digits.slice(0, kept).padEnd(kept, "0");
  if ((digits[kept] ?? "0") >= "5") whole = String(BigInt(whole || "0") + 1n).padStart(kept, "0");
  whole = whole.padStart(places + 1, "0");
  return [whole.slice(0, whole.length - places).replace(/^0+(?=\d)/, ""), places ? whole.slice(-places) : ""];
}

export function fixed(value, places) {
  const [front, back] = rounded(Math.abs(value), places);
  const text = front.replace(/\B(?=(\d{3})+$)/g, ",") + (places ? `.${back}` : "");
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

export function significant(value, digits = 2) {
  if (value === 0) return "0";
  const [, power] = decimal(Math.abs(value));
  if (power < -12) return "0";
  const [kept] = [decimal(Math.abs(value))[0]];
  const isNines = kept.length > digits && /^9+$/.test(kept.slice(0, digits)) && kept[digits] >= "5"; // 0.0996 is 0.10
  return fixed(value, Math.min(12, Math.max(0, digits - 1 - (isNines ? power + 1 : power))));
}

export function usd(value) {
  if (!known(value)) return UNKNOWN;
  const size = Math.abs(value);
  const text = size >= 99.995 ? fixed(size, 0) : size >= 0.995 ? fixed(size, 2) : significant(size);
  return `${value < 0 && text !== "0" ? MINUS : ""}$${text}`;
}

function scaled(size, gap, keepZeros) {
  let exponent = 3;
  while (exponent < 9 && size >= 999.5 * 10 ** exponent) exponent += 3;
  const value = size / 10 ** exponent;
  let text = fixed(value, value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2);
  if (!keepZeros && text.includes(".")) text = text.replace(/\.?0+$/, "");
  return `${text}${gap}${{ 3: "k", 6: "M", 9: "G" }[exponent]}`;
}

export function largeUsd(value) {
  if (!known(value) || Math.abs(value) < 9999.5) return usd(value);
  return `${value < 0 ? MINUS : ""}$${scaled(Math.abs(value), "", false)}`;
}

export const percent = (fraction, digits = 1) => (known(fraction) ? `${fixed(fraction * 100, digits)}%` : UNKNOWN);
export const count = (value) => (known(value) ? fixed(value, 0) : UNKNOWN);

export function seconds(value) {
  if (!known(value)) return UNKNOWN;
  return `${Math.abs(value) >= 9.95 ? fixed(value, 0) : significant(value)} s`;
}

export function points(difference) {
  if (!known(difference)) return UNKNOWN;
  const text = fixed(difference * 100, 1);
  return `${text.startsWith(MINUS) || Number(text.replaceAll(",", "")) === 0 ? text : `+${text}`} pts`;
}

// A tick on the cost axis: no decimals that say nothing, as `tick_text` in charts/axes.py.
export function tick(value) {
  if (value >= 10000) return largeUsd(value);
  if (value >= 1) return `$${String(Number(value.toPrecision(12))).replace(/\B(?=(\d{3})+$)/g, ",")}`;
  return value >= 0.01 ? `$${fixed(value, 2)}` : `$${Number(value.toPrecision(12)).toFixed(12).replace(/0+$/, "")}`;
}

// A physical quantity with three significant digits and the prefix that fits: 6.2 kW, 940 W.
export function amount(value, unit) {
  if (!known(value)) return UNKNOWN;
  const prefixes = ["", "k", "M", "G", "T"];
  let place = 0;
  let size = value;
  while (place < prefixes.length - 1 && size >= 999.5) {
    size /= 1000;
    place += 1;
  }
  return `${size >= 99.95 ? fixed(size, 0) : size >= 9.95 ? fixed(size, 1) : significant(size)} ${prefixes[place]}${unit}`;
}
