// Shows all results of a report, sorted and filtered, and draws distributions on demand.
// Texts from data reach the page as text nodes and attributes only.
"use strict";
(() => {
  const PAGE = 100;
  const WORDS = ["fail", "inconclusive", "pass"];
  const DASH = "\u2212";
  // Places in a row, as skewgate/report/payload.py writes it.
  const [STATUS, FEATURE, SLICE, METRIC, VALUE, LOWER, UPPER, THRESHOLD, BAR, EXCESS, P, N_BASELINE,
    N_CURRENT, SEVERITY, REASON, SUMMARY, DETAIL] = Array(17).keys();
  const { names, rows, summaries, distributions } = JSON.parse(document.getElementById("data").textContent);
  const [table, body, controls, pages, shown] =
    ["table", "rows", "controls", "pages", "shown"].map((id) => document.getElementById(id));
  const [previous, next, filter] =
    ["previous", "next", "filter"].map((id) => document.getElementById(id));
  const has = (title) => [...table.tHead.rows[0].cells].some((head) => head.textContent === title);
  const [featured, sliced] = [has("Feature"), has("Slice")];

  // Elements.

  const fill = (element, attributes, children) => {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children.filter((child) => child !== null));
    return element;
  };
  const html = (tag, attributes = {}, ...children) =>
    fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes = {}, ...children) =>
    fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
  const text = (x, y, words, css = "") => svg("text", { x, y, class: css }, words);
  const line = (x1, y1, x2, y2, css) => svg("line", { x1, y1, x2, y2, class: css });
  const path = (points, css) =>
    svg("path", { d: `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`, class: css });

  const sketched = distributions.length > 0; // the table has a column of small distributions
  if (sketched) table.tHead.rows[0].cells[featured + sliced].after(html("th", { scope: "col" }, "Distribution"));
  const heads = [...table.tHead.rows[0].cells];

  // Numbers.

  const number = (value, least = 4, limit = null) => {
    if (value === null) return "";
    if (typeof value === "string") return value.replace("-", DASH);
    if (value === 0) return "0";
    const size = Math.abs(value);
    let digits = size >= 1000 ? Math.max(least, 6) : least;
    const keepsSide = () =>
      Math.sign(Number(value.toPrecision(digits)) - limit) === Math.sign(value - limit);
    while (typeof limit === "number" && digits < 15 && !keepsSide()) digits += 1;
    const words = size >= 1e-4 && size < 1e6
      ? String(Number(value.toPrecision(digits)))
      : value.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e");
    return words.replace(/^-/, DASH);
  };
  const count = (value) => (value === null ? "" : value.toLocaleString("en-US"));
  const percent = (share) => `${(100 * share).toFixed(1)}%`;
  const short = (name, most) =>
    name.length <= most ? name : `${name.slice(0, most / 2 - 1)}\u2026${name.slice(1 - most / 2)}`;
  const ticks = (low, high, about) => {
    const raw = (high - low) / about;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = power * [1, 2, 5, 10].find((factor) => factor * power >= raw * 0.999);
    if (!(Math.max(Math.abs(low), Math.abs(high)) / step < 1e12)) return [[low, number(low)]];
    const found = [];
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i += 1) found.push(i * step || 0);
    const digits = Math.min(Math.max(Math.ceil(-Math.log10(step)), 0), 12);
    const label = (tick) =>
      Math.abs(tick) >= 1e12 || step < 1e-6
        ? number(tick)
        : tick.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace("-", DASH);
    return found.map((tick) => [tick, label(tick)]);
  };

  // Times: numbers with a logical type, as skewgate/core/time_values.py names it.

  const SECONDS = { d: 86400, s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9 };
  const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200,
    86400, 172800, 345600, 604800, 1209600];
  const [FIRST, LAST] = [-62135596800, 253402300800]; // the years 1 and 10000
  const clock = (seconds) =>
    new Date(Math.round(seconds * 1000)).toISOString().slice(11, 23).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
  const told = (value, logical) => {
    if (!logical || typeof value !== "number") return number(value);
    const [, kind, unit] = logical.match(/^(\w+)\[(\w+)\]$/);
    const seconds = value * SECONDS[unit];
    if (kind === "duration" || kind === "time") {
      const size = Math.abs(seconds);
      const days = Math.floor(size / 86400);
      return `${seconds < 0 ? DASH : ""}${days ? `${count(days)} d ` : ""}${clock(size % 86400)}`;
    }
    if (!(seconds >= FIRST && seconds < LAST)) return number(value);
    const date = new Date(Math.round(seconds * 1000)).toISOString().slice(0, 10);
    return kind === "date" && seconds % 86400 === 0 ? date : `${date} ${clock(seconds)}`;
  };
  const timeTicks = (low, high, about, logical) => {
    const [, kind, unit] = logical.match(/^(\w+)\[(\w+)\]$/);
    const [from, to] = [low * SECONDS[unit], high * SECONDS[unit]];
    const raw = (to - from) / about;
    const moment = kind === "date" || kind === "timestamp";
    if (raw < 1 || (moment && (from < FIRST || to >= LAST))) {
      return ticks(low, high, about).map(([tick]) => [tick, told(tick, logical).split(" ").pop()]);
    }
    const step = STEPS.find((each) => each >= raw * 0.999);
    const found = [];
    if (step !== undefined || !moment) {
      const width = step ?? 86400 * 10 ** Math.ceil(Math.log10(raw / 86400));
      for (let at = Math.ceil(from / width) * width; at <= to; at += width) found.push(at);
    } else {
      const months = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 6000].find((each) => each * 2629800 >= raw * 0.999) ?? 12000;
      const start = new Date(from * 1000);
      const first = Math.ceil((start.getUTCFullYear() * 12 + start.getUTCMonth()) / months) * months;
      for (let month = first; ; month += months) {
        const day = new Date(0);
        day.setUTCFullYear(Math.floor(month / 12), month % 12, 1);
        if (day / 1000 > to) break;
        if (day / 1000 >= from) found.push(day / 1000);
      }
    }
    const days = found.every((at) => at % 86400 === 0);
    return found.map((at) => {
      const words = told(at / SECONDS[unit], logical);
      if (!moment) return [at / SECONDS[unit], words];
      return [at / SECONDS[unit], days ? words.slice(0, 10) : at % 86400 === 0 ? words.slice(5, 10) : words.slice(11, 16)];
    });
  };

  // The table.

  const bar = (row) => {
    if (row[BAR] === null) return null;
    const [lower, value, upper] = row[BAR];
    return svg("svg", { class: `bar bar-${row[STATUS]}`, viewBox: "-6 0 112 18", "aria-hidden": "true" },
      svg("path", { class: "axis", d: "M0 9H100" }),
      upper > lower ? svg("path", { class: "range", d: `M${lower} 9H${upper}` }) : null,
      svg("path", { class: "limit", d: "M50 1V17" }),
      row[STATUS] === 0
        ? svg("path", { class: "dot", d: `M${value - 4} 5l8 8m0 -8l-8 8` })
        : svg("circle", { class: "dot", cx: value, cy: 9, r: 4 }));
  };
  const sketch = (row) => {
    if (row[DETAIL] === null) return null;
    const found = distributions[row[DETAIL]];
    const picture = (label, ...shapes) =>
      svg("svg", { class: "sketch", viewBox: "0 0 104 24", role: "img", "aria-label": label }, svg("title", {}, label), ...shapes);
    const column = (x, width, share, top, css) =>
      svg("rect", { x: x.toFixed(1), y: (23 - 21 * share / top).toFixed(1), width: width.toFixed(1), height: (21 * share / top).toFixed(1), class: css });
    if (names[row[METRIC]] === "missing_rate") {
      const bars = found.missing.map((share, side) => svg("rect", {
        x: 1, y: side ? 13 : 2, width: (102 * share).toFixed(1), height: 9, class: side ? "area-current" : "area-baseline" }));
      return picture(`Without a value: ${percent(found.missing[0])} before, ${percent(found.missing[1])} now`,
        svg("path", { d: "M1 1V23", class: "base" }), ...bars);
    }
    const top = Math.max(...found.shares.flat(), 1e-6);
    const base = svg("path", { d: "M1 23H103", class: "base" });
    if (found.kind === "categorical") {
      const order = [...found.names.keys()].sort((a, b) => found.shares[0][b] - found.shares[0][a] || a - b);
      const width = Math.min(102 / order.length, 26);
      return picture(
        `Largest change: ${found.names[0]}, ${percent(found.shares[0][0])} before, ${percent(found.shares[1][0])} now`, base,
        ...order.flatMap((at, i) => [
          column(1 + i * width + 0.5, width * 0.45, found.shares[0][at], top, "area-baseline"),
          column(1 + i * width + width * 0.5, width * 0.35, found.shares[1][at], top, "area-current")]));
    }
    const steps = (shares) => {
      const width = 102 / shares.length;
      const points = shares.flatMap((share, i) => [i, i + 1].map((end) => [1 + end * width, 23 - 21 * share / top]));
      return [[1, 23], ...points, [103, 23]];
    };
    return picture(`Median ${told(found.median[0], found.logical)} before, ${told(found.median[1], found.logical)} now`,
      base, path(steps(found.shares[0]), "area-baseline"), path(steps(found.shares[1]), "area-current"));
  };
  const small = (words) => html("small", {}, words);
  const opener = (row, index) =>
    html("button", { type: "button", class: "open", "aria-expanded": "false", "data-row": index },
      names[row[FEATURE]]);
  const draw = (index) => {
    const row = rows[index];
    const exact = row[LOWER] === null || row[LOWER] === row[UPPER];
    const severe = ["warning", "ignored"].includes(row[SEVERITY]) ? ` (${row[SEVERITY]})` : "";
    return html("tr", { class: "row" },
      html("td", { class: "status" }, html("span", { class: WORDS[row[STATUS]] }, WORDS[row[STATUS]]), severe),
      featured
        ? html("td", { class: "name" },
          row[DETAIL] === null && row[SUMMARY] === null ? names[row[FEATURE]] : opener(row, index))
        : null,
      sliced ? html("td", { class: "name" }, names[row[SLICE]]) : null,
      sketched ? html("td", { class: "sketch-cell" }, sketch(row)) : null,
      html("td", {}, names[row[METRIC]]),
      html("td", { class: "number" }, number(row[VALUE], 4, row[THRESHOLD]),
        exact ? null : small(
          `[${number(row[LOWER], 4, row[THRESHOLD])}, ${number(row[UPPER], 4, row[THRESHOLD])}]`)),
      html("td", { class: "bar-cell" }, bar(row),
        row[THRESHOLD] === null ? null : small(number(row[THRESHOLD], 15))),
      html("td", { class: "number" }, number(row[P], 2)),
      html("td", { class: "number" }, count(row[N_CURRENT]),
        row[N_BASELINE] === null ? null : small(`baseline ${count(row[N_BASELINE])}`)),
      html("td", { class: "reason" }, row[REASON]));
  };

  const named = (place) => (row) => names[row[place]].toLowerCase();
  const plain = (place) => (row) => (typeof row[place] === "string" ? Number(row[place].replace("inf", "Infinity")) : row[place]);
  const keys = {
    Status: plain(STATUS), Feature: named(FEATURE), Slice: named(SLICE), Metric: named(METRIC),
    Value: plain(VALUE), "Against threshold": plain(EXCESS),
    "p adjusted": plain(P), n: plain(N_CURRENT), Reason: (row) => row[REASON].toLowerCase(),
  };
  const state = { words: "", statuses: new Set([0, 1, 2]), column: null, descending: false, page: 0 };
  let order = [];
  let opened = null; // the button of the feature whose detail is shown

  const arrange = () => {
    const words = state.words.toLowerCase();
    const matching = (texts) => new Set(texts.flatMap((name, i) => (name.toLowerCase().includes(words) ? [i] : [])));
    const known = words === "" ? null : matching(names);
    const fits = (row) =>
      state.statuses.has(row[STATUS]) &&
      (known === null || [FEATURE, SLICE, METRIC].some((place) => known.has(row[place])) ||
        row[REASON].toLowerCase().includes(words));
    order = [];
    rows.forEach((row, index) => { if (fits(row)) order.push(index); });
    if (state.column !== null) {
      const values = rows.map(keys[state.column]);
      const sign = state.descending ? -1 : 1;
      order.sort((a, b) => {
        const [x, y] = [values[a], values[b]];
        if (x === null || y === null) return (x === null) - (y === null) || a - b;
        return x < y ? -sign : x > y ? sign : a - b;
      });
    }
    state.page = 0;
  };

  const refresh = () => {
    const start = state.page * PAGE;
    const stop = Math.min(start + PAGE, order.length);
    opened = null;
    body.replaceChildren(...order.slice(start, stop).map(draw));
    previous.disabled = start === 0;
    next.disabled = stop === order.length;
    previous.hidden = next.hidden = order.length <= PAGE;
    const all = order.length === rows.length ? `${count(rows.length)} checks` : `${count(order.length)} matching checks (${count(rows.length)} in all)`;
    shown.textContent = order.length === 0 ? `No check matches (${count(rows.length)} in all)`
      : `Rows ${count(start + 1)} to ${count(stop)} of ${all}`;
    for (const head of heads.filter((each) => each.dataset.column)) {
      const sorted = head.dataset.column === state.column;
      head.setAttribute("aria-sort", sorted ? (state.descending ? "descending" : "ascending") : "none");
    }
  };
  const update = () => { arrange(); refresh(); };
  const turn = (by) => {
    state.page += by;
    refresh();
    table.scrollIntoView({ block: "start" });
  };

  // The detail of one feature.

  const WIDTH = 440, HEIGHT = 220, LEFT = 48, RIGHT = WIDTH - 14, TOP = 12, BOTTOM = HEIGHT - 30;
  const scale = (low, high, start, end) => (value) =>
    start + (Math.min(Math.max((value - low) / (high - low), 0), 1)) * (end - start);
  const picture = (label, height, ...shapes) =>
    svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": label }, svg("title", {}, label), ...shapes);
  const figure = (title, drawing, caption) =>
    html("figure", {}, html("h4", {}, title), drawing, html("figcaption", {}, caption));
  const axes = (x, low, high, y, top, logical) => [
    ...ticks(0, top, 5).flatMap(([tick, label]) => [
      line(LEFT, y(tick), RIGHT, y(tick), "grid"),
      text(LEFT - 6, y(tick) + 4, `${number(Number((100 * tick).toFixed(6)))}%`, "axis end"),
    ]),
    ...(logical ? timeTicks(low, high, 4, logical) : ticks(low, high, 5)).map(([tick, label]) => text(x(tick), BOTTOM + 17, label, "axis middle")),
    line(LEFT, BOTTOM, RIGHT, BOTTOM, "base"),
  ];
  const span = (found) => {
    const [low, high] = [found.bins[0], found.bins[found.bins.length - 1]];
    const room = high > low ? 0 : Math.max(0.5, Math.abs(low) * 0.01);
    return [low - room, high + room];
  };

  const histogram = (found) => {
    const [low, high] = span(found);
    const top = 1.06 * Math.max(...found.shares.flat(), 1e-6);
    const [x, y] = [scale(low, high, LEFT, RIGHT), scale(0, top, BOTTOM, TOP)];
    const bins = low === found.bins[0] ? found.bins : [low, high];
    const outline = (shares) => {
      const points = [[x(bins[0]), BOTTOM]];
      shares.forEach((share, i) => points.push([x(bins[i]), y(share)], [x(bins[i + 1]), y(share)]));
      return [...points, [x(bins[bins.length - 1]), BOTTOM]];
    };
    const shares = bins === found.bins ? found.shares : [[1], [1]];
    const beyond = found.outside.map(([below, above]) => below + above);
    return figure("Share of the values by bin",
      picture("Histograms of both sides over the same bins", HEIGHT, ...axes(x, low, high, y, top, found.logical),
        path(outline(shares[0]), "area-baseline"), path(outline(shares[1]), "area-current")),
      beyond.some((share) => share >= 0.0005)
        ? `Beyond the chart: ${percent(beyond[0])} of the baseline and ${percent(beyond[1])} of the current values.`
        : "All values are drawn.");
  };

  const curves = (found) => {
    const [low, high] = span(found);
    const [x, y] = [scale(low, high, LEFT, RIGHT), scale(0, 1, BOTTOM, TOP)];
    const curve = (values) => found.x.map((at, i) => [x(at), y(values[i])]);
    const { at, cdf: [before, now] } = found.gap;
    const place = x(at);
    const words = `largest gap ${percent(Math.abs(now - before))} at ${told(at, found.logical)}`;
    // Curves rise: there is room below them on the left, and above them on the right.
    const [css, beside, height] = place > (LEFT + RIGHT) / 2
      ? ["end", -8, Math.max(y(Math.max(before, now)) - 8, TOP + 10)]
      : ["", 8, Math.min(y(Math.min(before, now)) + 18, BOTTOM - 6)];
    const caption = `${percent(before)} of the baseline and ${percent(now)} of the current values are ${told(at, found.logical)} or less: the largest gap between the curves.`;
    const known = Math.max(...found.known_to);
    return figure("Share of the values up to x (CDF)",
      picture(`Both CDFs. ${caption}`, HEIGHT, ...axes(x, low, high, y, 1, found.logical),
        path(curve(found.cdf[0]), "line-baseline"), path(curve(found.cdf[1]), "line-current"),
        svg("g", { class: "largest-gap" },
          line(place, y(before), place, y(now), "gap"),
          svg("circle", { cx: place, cy: y(before), r: 3.5, class: "gap-dot" }),
          svg("circle", { cx: place, cy: y(now), r: 3.5, class: "gap-dot" }),
          text(place + beside, height, words, `gap-text ${css}`))),
      known > 0.0005 ? `${caption} The curves are known to within ${percent(known)}.` : caption);
  };

  const categories = (found) => {
    const entries = found.names.map((name, i) => [name, found.shares[0][i], found.shares[1][i]]);
    const rest = found.other_shares;
    if (Math.max(...rest) >= 0.0001) entries.push([`(${found.others ? count(found.others) : "all"} others)`, ...rest]);
    const [from, to] = [150, WIDTH - 110];
    const x = scale(0, Math.max(...entries.flatMap(([, a, b]) => [a, b]), 1e-6), from, to);
    const shapes = entries.flatMap(([name, before, now], i) => {
      const top = 6 + 30 * i;
      const difference = 100 * (now - before);
      return [
        svg("text", { x: from - 8, y: top + 16, class: "end" }, svg("title", {}, name), short(name, 22)),
        svg("rect", { x: from, y: top, width: x(before) - from, height: 11, class: "area-baseline" }),
        svg("rect", { x: from, y: top + 13, width: x(now) - from, height: 9, class: "area-current" }),
        text(WIDTH, top + 16, `${percent(before)} \u2192 ${percent(now)}`, "figure end"),
        svg("title", {}, `${name}: ${percent(before)} before, ${percent(now)} now (${difference.toFixed(1)} points)`),
      ];
    });
    return figure("Share of each category, the largest change first",
      picture(`Shares: ${entries.map(([name, before, now]) => `${name} ${percent(before)} before, ${percent(now)} now`).join("; ")}`,
        12 + 30 * entries.length, ...shapes),
      found.others ? `The other ${count(found.others)} categories, which changed less, are joined.` : "Every category is drawn.");
  };

  const legend = () => {
    const sample = (css, line) => svg("svg", { viewBox: "0 0 30 12", "aria-hidden": "true" },
      svg("rect", { x: 1, y: 1, width: 28, height: 10, class: css }), svg("path", { d: "M1 6H29", class: line }));
    return html("ul", { class: "legend" },
      html("li", {}, sample("area-baseline", "line-baseline"), "baseline: filled, or a dashed line"),
      html("li", {}, sample("area-current", "none"), "current: outlined, or a solid line"));
  };

  // What is known of a value: a time, a whole number in full, or some digits.
  const exactly = (value, logical) => {
    if (logical || typeof value !== "number") return told(value, logical);
    return Number.isInteger(value) && Math.abs(value) < 1e15 ? count(value).replace("-", DASH) : number(value, 5);
  };
  const QUANTILES = ["Minimum", "1%", "25%", "Median", "75%", "99%", "Maximum"];
  const facts = (side) => {
    if (side === null) return { Type: "not there" };
    const kind = side.kind === "empty" ? "no value at all" : side.kind === "opaque" ? "not compared" : side.kind;
    const type = side.logical ? [side.type ?? side.logical] : [side.type, kind].filter(Boolean);
    const found = { Type: type.join(", "), Values: count(side.n) };
    if (side.missing !== undefined) {
      const share = side.rows ? side.missing / side.rows : 0;
      found.Missing = side.missing ? `${count(side.missing)} (${share < 0.0005 ? "<0.1%" : percent(share)})` : "0";
    }
    if (side.unique !== undefined) found.Unique = count(side.unique);
    if (side.unique_at_least !== undefined) found.Unique = `at least ${count(side.unique_at_least)}`;
    if (side.most_frequent) found["Most frequent"] = `${short(side.most_frequent.name, 30)} (${percent(side.most_frequent.share)})`;
    if (side.mean !== undefined) found.Mean = exactly(side.mean, side.logical);
    if (side.std !== undefined) {
      const unit = side.logical ? SECONDS[side.logical.match(/\[(\w+)\]/)[1]] : 0;
      found["Std. deviation"] = unit ? told(side.std * unit, "duration[s]") : exactly(side.std);
    }
    (side.quantiles ?? []).forEach((value, i) => { found[QUANTILES[i]] = exactly(value, side.logical); });
    return found;
  };
  const ORDER = ["Type", "Values", "Missing", "Unique", "Most frequent", "Mean", "Std. deviation", ...QUANTILES];
  const summary = (row) => {
    const sides = summaries[row[SUMMARY]].map(facts);
    const cell = (side, name) => html("td", { class: "number" }, side[name] ?? "");
    return html("table", { class: "summary" },
      html("caption", {}, "Summary of the values"),
      html("thead", {}, html("tr", {}, html("td", {}),
        html("th", { scope: "col", class: "number" }, "Baseline"), html("th", { scope: "col", class: "number" }, "Current"))),
      html("tbody", {}, ...ORDER.filter((name) => sides.some((side) => name in side)).map((name) =>
        html("tr", {}, html("th", { scope: "row" }, name), ...sides.map((side) => cell(side, name))))));
  };

  const detail = (row) => {
    const found = row[DETAIL] === null ? null : distributions[row[DETAIL]];
    const where = names[row[SLICE]] ? ` in slice ${names[row[SLICE]]}` : "";
    const told_of = []; // by reports that have no summaries yet
    if (found && row[SUMMARY] === null) {
      told_of.push(`${count(found.n[0])} baseline and ${count(found.n[1])} current values`);
      if (found.kind === "numeric") told_of.push(`median ${told(found.median[0], found.logical)} \u2192 ${told(found.median[1], found.logical)}`);
      told_of.push(`without a value ${percent(found.missing[0])} \u2192 ${percent(found.missing[1])}`);
    }
    const close = html("button", { type: "button", class: "close" }, "Close (Esc)");
    close.addEventListener("click", () => shut(true));
    const charts = found === null ? [html("p", { class: "note" }, "There are no distributions to draw.")]
      : found.kind === "numeric" ? [histogram(found), curves(found)] : [categories(found)];
    return html("tr", { class: "detail", id: "detail" },
      html("td", { colspan: heads.length },
        html("section", { "aria-label": `Values of ${names[row[FEATURE]]}${where}` },
          html("div", { class: "detail-head" },
            html("h3", {}, names[row[FEATURE]] + where), html("span", { class: "note" }, told_of.join(", ")), close),
          found === null ? null : legend(),
          html("div", { class: "pair" }, row[SUMMARY] === null ? null : summary(row), ...charts))));
  };

  const shut = (focus) => {
    document.getElementById("detail")?.remove();
    opened?.setAttribute("aria-expanded", "false");
    opened?.removeAttribute("aria-controls");
    if (focus) opened?.focus();
    opened = null;
  };
  const open = (button) => {
    shut(false);
    opened = button;
    button.setAttribute("aria-expanded", "true");
    button.setAttribute("aria-controls", "detail");
    button.closest("tr").after(detail(rows[Number(button.dataset.row)]));
  };

  // What the reader does.

  body.addEventListener("click", (event) => {
    const button = event.target.closest("button.open");
    if (button) (button === opened ? shut(true) : open(button));
  });
  body.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !event.target.matches("button.open")) return;
    const buttons = [...body.querySelectorAll("button.open")];
    buttons[buttons.indexOf(event.target) + step]?.focus();
    event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && opened && event.target !== filter) shut(true);
  });
  for (const head of heads.filter((each) => each.textContent in keys)) {
    const column = head.textContent;
    const button = html("button", { type: "button" }, column);
    head.dataset.column = column;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      if (state.column !== column) Object.assign(state, { column, descending: false });
      else if (!state.descending) state.descending = true;
      else state.column = null; // the worst first again
      update();
    });
  }
  WORDS.forEach((word, status) => {
    const box = html("input", { type: "checkbox", value: word });
    box.checked = true;
    box.addEventListener("change", () => {
      if (box.checked) state.statuses.add(status);
      else state.statuses.delete(status);
      update();
    });
    const total = rows.filter((row) => row[STATUS] === status).length;
    document.getElementById("statuses").append(html("label", {}, box, html("span", { class: word }, `${word} (${count(total)})`)));
  });
  let waiting;
  filter.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { state.words = filter.value.trim(); update(); }, 120);
  });
  previous.addEventListener("click", () => turn(-1));
  next.addEventListener("click", () => turn(1));

  controls.hidden = pages.hidden = false;
  document.getElementById("hidden")?.remove();
  update();
  document.documentElement.className = ""; // what hid the rows that were drawn without the script
  const worst = body.querySelector("button.open");
  if (worst && rows[Number(worst.dataset.row)][STATUS] !== 2) open(worst);
})();
