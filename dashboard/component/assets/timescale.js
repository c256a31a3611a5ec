// A time axis that squeezes idle stretches: without it, one retry back-off of an hour flattens everything else.
// @ts-check

const GAP_SHARE = 0.06; // a stretch without events is idle from this share of the whole on …
const GAP_MS_MIN = 200; // … and from this many milliseconds on
const GAP_WIDTH = 0.055; // of the busy time: how wide a squeezed stretch is drawn
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 6e4, 12e4, 3e5, 6e5, 18e5, 36e5, 108e5, 216e5, 864e5];

/** @typedef {{gaps: [number, number][], start: number, end: number, busy: number, at: (ms: number) => number}} TimeScale */

/**
 * @param {{from: number, to: number, first?: number}[]} rows milliseconds since the first event; a folded row is
 *   busy from its `first` event to its last
 * @returns {TimeScale} `at` maps milliseconds to 0..1
 */
export function timeScale(rows) {
  const busyRows = rows.flatMap((row) => [[row.from, row.from], [row.first ?? row.to, row.to]]);
  busyRows.sort((one, other) => one[0] - other[0]);
  const start = busyRows[0]?.[0] ?? 0;
  const end = Math.max(start + 1, ...lasts(busyRows));
  /** @type {[number, number][]} */
  const gaps = [];
  let reached = start;
  const squeeze = rows.length > 3; // of two or three events, the time between them is the picture
  for (const [from, to] of busyRows) {
    if (squeeze && from - reached > Math.max(GAP_MS_MIN, (end - start) * GAP_SHARE)) gaps.push([reached, from]);
    reached = Math.max(reached, to);
  }
  const idle = gaps.reduce((sum, [from, to]) => sum + to - from, 0);
  // With nothing but gaps there is no busy time to compare with: keep them in proportion.
  const busy = Math.max(end - start - idle, (end - start) * 0.001);
  const drawn = Math.max(busy * GAP_WIDTH, (busy * 0.6) / Math.max(1, gaps.length) * (busy < (end - start) * 0.02 ? 1 : 0));
  const total = busy + drawn * gaps.length;
  const at = (/** @type {number} */ ms) => {
    let squeezed = ms - start;
    for (const [from, to] of gaps) {
      if (ms >= to) squeezed -= to - from - drawn;
      else if (ms > from) squeezed -= (ms - from) * (1 - drawn / (to - from));
    }
    return squeezed / total;
  };
  return { gaps, start, end, busy: total, at };
}

/** The largest end, as a list of one or none: spreading ten thousand arguments would be too many. @param {number[][]} spans */
function lasts(spans) {
  return spans.length ? [spans.reduce((most, [, to]) => Math.max(most, to), -Infinity)] : [];
}

/**
 * Where to write times: round steps, none inside a squeezed stretch, none on top of each other.
 * @param {TimeScale} scale @param {(ms: number) => number} place @returns {{ms: number, x: number}[]}
 */
export function ticksOf(scale, place) {
  const step = STEPS.find((candidate) => scale.busy / candidate <= 8) ?? STEPS[STEPS.length - 1];
  /** @type {{ms: number, x: number}[]} */
  const ticks = [];
  let last = -Infinity;
  const add = (/** @type {number} */ ms) => {
    const x = place(ms);
    const blocked = scale.gaps.some(([from, to]) => x + 52 > place(from) && x < place(to) && place(to) - place(from) > 4);
    if (x - last < 64 || blocked) return;
    last = x;
    ticks.push({ ms, x });
  };
  const stretches = [scale.start, ...scale.gaps.flat(), scale.end];
  for (let i = 0; i < stretches.length; i += 2) {
    const [from, to] = [stretches[i], stretches[i + 1]];
    for (let ms = Math.ceil(from / step) * step; ms <= to; ms += step) add(ms);
  }
  return ticks;
}

/** @param {number} ms @returns {string} */
export function timeText(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60e3) return `${(ms / 1e3).toFixed(ms % 1e3 ? (ms < 1e4 ? 2 : 1) : 0)} s`;
  const minutes = Math.floor(ms / 60e3);
  if (minutes < 60) return `${minutes} min${ms % 60e3 ? ` ${Math.round((ms % 60e3) / 1e3)} s` : ""}`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h${minutes % 60 ? ` ${minutes % 60} min` : ""}` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
