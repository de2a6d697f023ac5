// Where names stand in the moving figure: at no mark, on no line, on no other name, inside the plot. What stood well stays where it was.

const OFFSETS = [
  [-26, -46], [0, -54], [24, -44], [-18, -8], [-22, 34], [0, -40], [-14, -30], [16, -30], [-44, -26], [44, -26], [18, -8], [16, 14], [20, 34],
  [-18, 14],
];
const REACH = [1, 1.4, 1.8];
const NAME = 13;
const DETAIL = 12;
const HEIGHT = 30;
const PAD = 4;

const widths = new Map();
let pencil = null;

// Width of a text in pixels, measured once.
export function widthOf(text, size, weight, family) {
  const key = `${weight} ${size}px ${family}|${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    pencil ??= document.createElement("canvas").getContext("2d");
    pencil.font = `${weight} ${size}px ${family}`;
    width = pencil.measureText(text).width;
    if (widths.size > 4000) widths.clear();
    widths.set(key, width);
  }
  return width;
}

export const hits = (a, b, pad = 0) => a.l < b.r + pad && b.l < a.r + pad && a.t < b.b + pad && b.t < a.b + pad;
const around = (x, y, radius) => ({ l: x - radius, r: x + radius, t: y - radius, b: y + radius });

// A sloping or straight line as thin boxes.
export function boxesOf(x0, y0, x1, y1) {
  if (x0 === x1 || y0 === y1) return [{ l: Math.min(x0, x1) - 2, r: Math.max(x0, x1) + 2, t: Math.min(y0, y1) - 2, b: Math.max(y0, y1) + 2 }];
  const n = Math.max(1, Math.ceil(Math.hypot(x1 - x0, y1 - y0) / 6));
  return Array.from({ length: n + 1 }, (_, k) => around(x0 + ((x1 - x0) * k) / n, y0 + ((y1 - y0) * k) / n, 2));
}

// Places for names `{key, x, y, name, detail}` at dots, the first ones first; `last` remembers the offset of each from frame to frame.
export function placeNames(wanted, ground, last, { width, height, family, most }) {
  const placed = [];
  const texts = [];
  const leaders = [];
  for (const each of wanted) {
    if (placed.length >= most) break;
    const wide = Math.max(widthOf(each.name, NAME, 600, family), widthOf(each.detail, DETAIL, 400, family)) + 2;
    const before = last.get(each.key);
    let found = null;
    const trial = (place) => {
      const [dx, dy] = OFFSETS[place % OFFSETS.length].map((d) => d * REACH[Math.floor(place / OFFSETS.length)]);
      const anchor = Math.abs(dx) < 8 ? "middle" : dx < 0 ? "end" : "start";
      const x = each.x + dx;
      const y = each.y + dy;
      const left = anchor === "middle" ? x - wide / 2 : anchor === "end" ? x - wide : x;
      const box = { l: left, r: left + wide, t: y - HEIGHT / 2, b: y + HEIGHT / 2 };
      if (box.l < 1 || box.r > width - 1 || box.t < 1 || box.b > height - 1) return null;
      if (ground.some((other) => hits(box, other, 2)) || texts.some((other) => hits(box, other, PAD))) return null;
      if (leaders.some((piece) => hits(box, piece, 1))) return null;
      const label = { ...each, place, anchor, dx, dy, tx: x, ty: y, box };
      const line = leaderOf(label, 6);
      label.pieces = line ? boxesOf(...line) : [];
      if (label.pieces.some((piece) => texts.some((other) => hits(piece, other, 0)))) return null;
      return label;
    };
    if (before !== undefined) found = trial(before);
    for (let place = 0; !found && place < OFFSETS.length * REACH.length; place += 1) found = trial(place);
    if (!found) {
      last.delete(each.key);
      continue;
    }
    last.set(each.key, found.place);
    placed.push(found);
    texts.push(found.box);
    leaders.push(...found.pieces);
  }
  return placed;
}

// Where a leader runs: from the mark's edge to the text's near side; null where it would be too short to see.
export function leaderOf(label, radius) {
  const far = label.dy < 0 ? label.box.b : label.dy > 0 ? label.box.t : label.ty;
  const x1 = label.anchor === "middle" ? label.x : label.tx + (label.anchor === "end" ? 2 : -2);
  const y1 = Math.abs(label.dy) < HEIGHT / 2 ? label.ty : far;
  const length = Math.hypot(x1 - label.x, y1 - label.y);
  if (length < radius + 9) return null;
  const share = (radius + 2) / length;
  return [label.x + (x1 - label.x) * share, label.y + (y1 - label.y) * share, x1, y1];
}
