// The bill at the right of the stage: the month's number, the table of now and logged, and own GPUs.
import { amount, count, largeUsd, percent, points, seconds, usd } from "./notation.js";
import { element } from "./sliders.js";

const known = Number.isFinite;

export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// A change in percent with its direction: less is better.
function relative(now, was) {
  if (!known(now) || !known(was) || was === 0) return ["", "same"];
  const share = now / was - 1;
  if (Math.abs(share) < 0.0005) return ["as logged", "same"];
  const text = share >= 1 ? `${(1 + share).toFixed(share >= 9 ? 0 : 1)} ×` : percent(Math.abs(share), Math.abs(share) < 0.1 ? 1 : 0);
  return share < 0 ? [`▼ ${text}`, "better"] : [`▲ ${text}`, "worse"];
}

// A change in points: more is better.
function difference(now, was) {
  if (!known(now) || !known(was) || Math.abs(now - was) < 0.0005) return ["", "same"];
  const text = points(Math.abs(now - was)).slice(1);
  return now > was ? [`▲ ${text}`, "better"] : [`▼ ${text}`, "worse"];
}

export class Bill {
  constructor(right) {
    const bill = element("div", right);
    this.of = element("div", bill, { class: "of" });
    this.amount = element("div", bill, { class: "bill" });
    this.interval = element("div", bill, { class: "interval" });
    const change = element("div", bill, { class: "change" });
    this.change = element("span", change);
    this.against = element("span", change);
    const table = element("table", element("div", right));
    const head = element("tr", element("thead", table));
    for (const text of ["", "Logged", "Now", ""]) element("th", head, { scope: "col", text });
    const body = element("tbody", table);
    this.rows = ["Solved", "Cost per task", "Per success", "Time per task", "p95 time"].map((text) => {
      const row = element("tr", body);
      const name = element("th", row, { scope: "row", text });
      return { name, was: element("td", row, { class: "was" }), now: element("td", row, { class: "now" }), change: element("td", row) };
    });
    const own = element("div", right, { class: "own" });
    element("h3", own, { text: "On own GPUs" });
    this.own = [element("p", own), element("p", own), element("p", own, { class: "note" })];
  }

  // One configuration, now and as logged.
  tell(name, now, was, chosen) {
    write(this.of, `Monthly bill, ${name}, by API`);
    const at = (values, key) => (chosen < 0 ? NaN : values[key][chosen]);
    const bill = at(now, "usd_per_month");
    write(this.amount, bill >= 1e8 ? largeUsd(bill) : usd(bill));
    const [low, high] = [at(now, "usd_per_month_low"), at(now, "usd_per_month_high")];
    write(this.interval, known(low) && known(high) ? `95% interval ${usd(low)} to ${usd(high)}` : "no interval: too few tasks, or no cost");
    const before = at(was, "usd_per_month");
    const [text, kind] = relative(bill, before);
    write(this.change, known(bill) && known(before) ? text : "");
    if (this.change.className !== kind) this.change.className = kind;
    write(this.against, known(bill) && known(before) && kind !== "same" ? ` against ${largeUsd(before)} as logged` : "");
    const isScaled = at(now, "latency_ratio") !== 1;
    const isBound = at(now, "stays") < 1;
    const cells = [
      [isBound ? "Solved, at least" : "Solved", "accuracy", percent, difference],
      ["Cost per task", "cost_usd", usd, relative],
      ["Per success", "cost_per_success_usd", usd, relative],
      ["Time per task", "latency_s", seconds, relative],
      ["p95 time", "latency_p95_s", (value) => (isScaled && known(value) ? `≈ ${seconds(value)}` : seconds(value)), relative],
    ];
    cells.forEach(([label, key, writes, compares], k) => {
      const row = this.rows[k];
      const [then, is] = [at(was, key), at(now, key)];
      write(row.name, label);
      write(row.was, key === "latency_p95_s" ? seconds(then) : writes(then));
      write(row.now, writes(is));
      const [difference_, kind_] = compares(is, then);
      write(row.change, kind_ === "same" ? "" : difference_);
      if (row.change.className !== kind_) row.change.className = kind_;
    });
  }

  // The same on own GPUs, or what is missing for it.
  tellOwn(served, gpu, now, chosen, position) {
    const at = (key) => (chosen < 0 ? NaN : now[key][chosen]);
    const [first, second, note] = this.own;
    const replica = `${count(position.gpus)} × ${gpu}`;
    if (!served) {
      write(first, "No open model is named for this configuration.");
      write(second, "Choose under “Served as” what own GPUs would run.");
      write(note, "");
      return;
    }
    write(note, `As ${served}, ${replica} a replica, ${percent(position.utilisation, 0)} busy, PUE ${position.pue}.`);
    if (at("fits_memory") === 0) {
      write(first, `Does not fit: ${count(at("needed_gb"))} GB are needed at batch ${count(position.batch)}.`);
      write(second, `${replica} offer ${count(at("usable_gb"))} GB; ${count(at("gpus_to_fit"))} GPUs would do.`);
      return;
    }
    if (!known(at("energy_wh"))) {
      write(first, "Unknown: the logs do not tell calls and tokens.");
      write(second, "");
      return;
    }
    const kg = at("co2e_kg_per_month");
    write(first, `${usd(at("own_usd_per_month"))} a month for ${count(at("gpus_needed"))} GPUs, ${amount(at("energy_wh"), "Wh")} per task.`);
    write(
      second,
      `${amount(at("power_w"), "W")} mean draw; ${amount(1000 * at("kwh_per_month"), "Wh")} and ${kg >= 1000 ? amount(kg / 1000, "t") : amount(1000 * kg, "g")} CO₂e a month.`,
    );
  }
}
