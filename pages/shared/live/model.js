// The declared model in the browser: the trees of analytics/declared.py as a list of steps, made once, and the frontier of what they give.
// A step fills one column of numbers, a number for each point. Same operations in the same order as in Python, on the same doubles. Unknown is NaN; it arrives as null.

// The language, each operation over a whole column.
const loop = (act) => (out, a, b, c) => {
  for (let i = 0; i < out.length; i += 1) out[i] = act(a[i], b?.[i], c?.[i]);
};
const OPERATIONS = {
  "+": (out, a, b) => {
    for (let i = 0; i < out.length; i += 1) out[i] = a[i] + b[i];
  },
  "-": (out, a, b) => {
    for (let i = 0; i < out.length; i += 1) out[i] = a[i] - b[i];
  },
  "*": (out, a, b) => {
    for (let i = 0; i < out.length; i += 1) out[i] = a[i] * b[i];
  },
  "/": (out, a, b) => {
    for (let i = 0; i < out.length; i += 1) out[i] = a[i] / b[i];
  },
  "<": (out, a, b) => {
    for (let i = 0; i < out.length; i += 1) out[i] = a[i] < b[i] ? 1 : a[i] >= b[i] ? 0 : NaN;
  },
  "<=": (out, a, b) => {
    for (let i = 0; i < out.length; i += 1) out[i] = a[i] <= b[i] ? 1 : a[i] > b[i] ? 0 : NaN;
  },
  ">": (out, a, b) => {
    for (let i = 0; i < out.length; i += 1) out[i] = a[i] > b[i] ? 1 : a[i] <= b[i] ? 0 : NaN;
  },
  ">=": (out, a, b) => {
    for (let i = 0; i < out.length; i += 1) out[i] = a[i] >= b[i] ? 1 : a[i] < b[i] ? 0 : NaN;
  },
  min: (out, a, b) => {
    for (let i = 0; i < out.length; i += 1) out[i] = Math.min(a[i], b[i]); // NaN where one is
  },
  max: (out, a, b) => {
    for (let i = 0; i < out.length; i += 1) out[i] = Math.max(a[i], b[i]);
  },
  where: (out, c, a, b) => {
    for (let i = 0; i < out.length; i += 1) out[i] = c[i] !== c[i] ? NaN : c[i] !== 0 ? a[i] : b[i];
  },
  known: (out, a) => {
    for (let i = 0; i < out.length; i += 1) out[i] = a[i] === a[i] ? 1 : 0;
  },
  ceil: loop((a) => Math.ceil(a)),
  floor: loop((a) => Math.floor(a)),
  exp: loop((a) => Math.exp(a)),
  log: loop((a) => Math.log(a)),
  sqrt: loop((a) => Math.sqrt(a)),
};

// Place of the last level at or below x, -1 where there is none; levels rise, unknown ones end the row.
function place(x, levels) {
  let low = 0;
  let high = levels.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (levels[middle] <= x) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

// Where x stands in each row of levels: tables over the same levels share it. A share of NaN is a place on a level or past the ends.
function stand(below, share, x, levels) {
  for (let i = 0; i < below.length; i += 1) {
    const row = levels[i];
    let last = row.length - 1;
    while (last > 0 && row[last] !== row[last]) last -= 1;
    const at = Math.min(Math.max(place(x[i], row), 0), last);
    const next = Math.min(at + 1, last);
    below[i] = at;
    share[i] = x[i] > row[at] && row[next] > row[at] ? (x[i] - row[at]) / (row[next] - row[at]) : NaN;
  }
}

const TABLES = {
  step: (out, x, below, share, ys) => {
    for (let i = 0; i < out.length; i += 1) out[i] = x[i] !== x[i] ? NaN : ys[i][below[i]];
  },
  line: (out, x, below, share, ys) => {
    for (let i = 0; i < out.length; i += 1) {
      const y = ys[i];
      const at = below[i];
      out[i] = x[i] !== x[i] ? NaN : share[i] === share[i] ? y[at] + (y[at + 1] - y[at]) * share[i] : y[at];
    }
  },
};

// JSON has neither of the two: unknown is null, no limit is "inf".
export const number = (value) => (value === null ? NaN : value === "inf" ? Infinity : value);
const numbers = (values) => Float64Array.from(values, number);

// Points as they arrive: a field is a list with one number for each point, a table a list of rows, or one row for all of them.
export function readPoints(points, n) {
  const fields = {};
  for (const [name, values] of Object.entries(points)) {
    if (Array.isArray(values[0])) fields[name] = values.map(numbers);
    else if (values.length === n) fields[name] = numbers(values);
    else {
      const row = numbers(values);
      fields[name] = Array.from({ length: n }, () => row);
    }
  }
  return fields;
}

// A function of a position: every formula at every point. The columns it returns are its own and are filled anew by the next call; a step
// is taken again only where a slider moved that it depends on, and equal steps are taken once.
export function compile(trees, points, n) {
  const position = {};
  const results = {};
  const steps = [];
  const made = new Map();
  const none = new Set();
  const step = (key, make) => {
    if (!made.has(key)) made.set(key, make());
    return made.get(key);
  };
  const taken = (column, run, ...from) => {
    const node = { column, run, used: new Set(from.flatMap((each) => [...each.used])) };
    steps.push(node);
    return node;
  };
  const read = (tree) => {
    if (typeof tree === "number") return step(`${tree}`, () => ({ column: new Float64Array(n).fill(tree), used: none }));
    const [operation, ...branches] = tree;
    if (operation === "get") {
      const name = branches[0];
      if (results[name]) return results[name];
      if (points[name]) return step(`get ${name}`, () => ({ column: points[name], used: none }));
      return step(`get ${name}`, () => {
        const node = { column: new Float64Array(n), used: new Set([name]) };
        node.run = () => node.column.fill(position[name]);
        steps.push(node);
        return node;
      });
    }
    const key = JSON.stringify(tree);
    if (operation in TABLES) {
      const [x, levels, values] = branches.map(read);
      const at = step(`at ${JSON.stringify(branches.slice(0, 2))}`, () => {
        const [below, share] = [new Int32Array(n), new Float64Array(n)];
        return { ...taken(null, () => stand(below, share, x.column, levels.column), x), below, share };
      });
      return step(key, () => {
        const column = new Float64Array(n);
        return taken(column, () => TABLES[operation](column, x.column, at.below, at.share, values.column), x);
      });
    }
    const parts = branches.map(read);
    return step(key, () => {
      const column = new Float64Array(n);
      const columns = parts.map((part) => part.column);
      return taken(column, () => OPERATIONS[operation](column, ...columns), ...parts);
    });
  };
  for (const [name, tree] of Object.entries(trees)) results[name] = read(tree);
  const answers = Object.fromEntries(Object.entries(results).map(([name, node]) => [name, node.column]));
  for (const node of steps) node.used = [...node.used];
  let isFirst = true;
  return (sliders) => {
    const moved = new Set();
    for (const [name, value] of Object.entries(sliders)) {
      const now = number(value);
      if (!Object.is(position[name], now)) moved.add(name);
      position[name] = now;
    }
    for (const { run, used } of steps) if (isFirst || used.some((key) => moved.has(key))) run();
    isFirst = false;
    return answers;
  };
}

// Which points no other one dominates: no worse in both, better in one. Less x and more y are better; an unknown point is never one.
export function nondominated(x, y) {
  const order = [...x.keys()].filter((i) => Number.isFinite(x[i]) && Number.isFinite(y[i]));
  order.sort((a, b) => x[a] - x[b] || y[b] - y[a]);
  const on = new Uint8Array(x.length);
  let best = -Infinity;
  let at = NaN;
  for (const i of order) {
    if (y[i] > best || (y[i] === best && x[i] === at)) on[i] = 1;
    if (y[i] > best) {
      best = y[i];
      at = x[i];
    }
  }
  return on;
}
