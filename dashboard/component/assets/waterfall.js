// The same events on a time axis: one canvas as large as the view, rows drawn only where they are in it.
// A bar runs from the cause to the event: the time that this step took. Idle stretches are squeezed and marked.
// @ts-check
import { sharp } from "./canvas.js";
import { colours, fit, html, measure } from "./dom.js";
import { onSelect, select, selected } from "./selection.js";
import { dress } from "./style.js";
import { timeScale, ticksOf, timeText } from "./timescale.js";

/**
 * @typedef {object} Row
 * @property {string} id
 * @property {string} title
 * @property {string} sub
 * @property {number} from milliseconds since the first event
 * @property {number} to
 * @property {number | null} [taken] when the service took the cause: before it, it waited in the topic
 * @property {number} [first] of a folded row: its first event
 * @property {number} depth
 * @property {"ok" | "retry" | "dead"} status
 * @property {boolean} [critical]
 * @property {string} [badge]
 * @property {string} colour
 * @property {string} note
 */
/** @typedef {{id: string, scope: string, label: string, height: number, rows: Row[], count: string}} FallData */

const ROW = 24;
const HEAD = 28;
const LABELS = 0.3;
/** @type {WeakMap<object, WaterfallView>} */
const views = new WeakMap();

/** @param {{data: FallData, parentElement: HTMLElement, setTriggerValue: (name: string, value: unknown) => void}} component */
export default function waterfall({ data, parentElement, setTriggerValue }) {
  let view = views.get(parentElement);
  if (!view || !view.root.isConnected) {
    dress(parentElement);
    view = new WaterfallView(parentElement);
    views.set(parentElement, view);
  }
  view.report = (id) => setTriggerValue("picked", { id, open: false });
  view.update(data);
  return () => {
    if (!view.root.isConnected) view.close();
  };
}

class WaterfallView {
  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.root = html("div", "hw fall");
    this.scroll = html("div", "scroll");
    this.scroll.tabIndex = 0;
    this.scroll.setAttribute("role", "listbox");
    this.canvas = /** @type {HTMLCanvasElement} */ (html("canvas"));
    this.filler = html("div");
    this.scroll.append(this.canvas, this.filler);
    this.root.append(this.scroll);
    parent.append(this.root);
    /** @type {FallData} */
    this.data = { id: "", scope: "", label: "", height: 0, rows: [], count: "" };
    this.scale = timeScale([]);
    this.frame = 0;
    this.hover = -1;
    /** @type {Record<string, string>} */
    this.colour = {};
    this.report = (/** @type {string} */ _id) => {};
    this.stopListening = onSelect(() => this.data.scope, () => this.reveal());
    this.observer = new ResizeObserver(() => this.paint());
    this.observer.observe(this.root);
    this.listen();
  }

  close() {
    this.observer.disconnect();
    this.stopListening();
  }

  /** @param {FallData} data */
  update(data) {
    const first = this.data.id !== data.id;
    this.data = data;
    this.root.style.setProperty("--hw-height", `${data.height}px`);
    this.root.dataset.rows = String(data.rows.length);
    this.scroll.setAttribute("aria-label", data.label);
    this.scale = timeScale(data.rows);
    this.filler.style.height = `${Math.max(0, data.rows.length * ROW + HEAD + 6 - data.height)}px`;
    if (first) {
      this.scroll.scrollTop = 0;
      const wanted = data.rows.some((row) => row.id === selected(data.scope))
        ? selected(data.scope)
        : data.rows.find((row) => row.status === "dead")?.id;
      this.scrollTo(data.rows.findIndex((row) => row.id === wanted));
    }
    this.paint();
  }

  reveal() {
    this.scrollTo(this.data.rows.findIndex((row) => row.id === selected(this.data.scope)));
    this.paint();
  }

  /** @param {number} index */
  scrollTo(index) {
    if (index < 0) return;
    const [top, height] = [index * ROW, this.data.height - HEAD - ROW];
    const now = this.scroll.scrollTop;
    if (top < now || top > now + height) this.scroll.scrollTop = Math.max(0, top - height / 2);
  }

  paint() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  draw() {
    const [width, height] = [this.scroll.clientWidth, this.data.height - 2];
    if (width < 10) return;
    this.colour = colours(this.root, ["text", "paper", "mute", "line", "faint", "picked", "red", "amber", "primary",
      "red-text", "amber-text"]);
    const pen = sharp(this.canvas, width, height);
    pen.textBaseline = "middle";
    const labels = Math.max(190, Math.min(380, width * LABELS));
    const place = (/** @type {number} */ ms) => labels + 12 + this.scale.at(ms) * (width - labels - 120);
    this.drawGaps(pen, place, height);
    const ticks = ticksOf(this.scale, place);
    pen.fillStyle = this.colour.line;
    for (const { x } of ticks) pen.fillRect(x, HEAD, 1, height);
    const top = this.scroll.scrollTop;
    const first = Math.max(0, Math.floor(top / ROW));
    const last = Math.min(this.data.rows.length, first + Math.ceil(height / ROW) + 1);
    for (let index = first; index < last; index++) {
      this.drawRow(pen, index, HEAD + index * ROW - top + ROW / 2, labels, place, width);
    }
    this.drawHead(pen, ticks, place, labels, width, height);
  }

  /** @param {CanvasRenderingContext2D} pen @param {(ms: number) => number} place @param {number} height */
  drawGaps(pen, place, height) {
    pen.fillStyle = this.colour.faint;
    for (const [from, to] of this.scale.gaps) pen.fillRect(place(from), HEAD, place(to) - place(from), height);
  }

  /**
   * @param {CanvasRenderingContext2D} pen @param {number} index @param {number} y @param {number} labels
   * @param {(ms: number) => number} place @param {number} width
   */
  drawRow(pen, index, y, labels, place, width) {
    const row = this.data.rows[index];
    const { colour } = this;
    const chosen = row.id === selected(this.data.scope);
    if (chosen || index === this.hover) {
      pen.fillStyle = chosen ? colour.picked : colour.faint;
      pen.fillRect(0, y - ROW / 2, width, ROW);
    }
    const indent = 12 + Math.min(row.depth, 10) * 12;
    pen.fillStyle = row.colour;
    pen.fillRect(indent, y - 6, 3, 12);
    const room = labels - indent - 20;
    const titleFont = `${row.status === "ok" ? 500 : 700} 12.5px ${colour.font}`;
    const title = fit(row.title, room, titleFont);
    pen.font = titleFont;
    pen.fillStyle = row.status === "dead" ? colour["red-text"] : row.status === "retry" ? colour["amber-text"] : colour.text;
    pen.fillText(title, indent + 9, y);
    const used = measure(title, titleFont) + 8;
    if (room - used > 30) {
      pen.font = `400 11.5px ${colour.font}`;
      pen.fillStyle = colour.mute;
      pen.fillText(fit(row.sub, room - used, pen.font), indent + 9 + used, y);
    }
    this.drawBar(pen, row, y, place, width);
  }

  /**
   * @param {CanvasRenderingContext2D} pen @param {Row} row @param {number} y @param {(ms: number) => number} place
   * @param {number} width
   */
  drawBar(pen, row, y, place, width) {
    const { colour } = this;
    const [from, to] = [place(row.from), place(row.to)];
    const paint = row.status === "dead" ? colour.red : row.status === "retry" ? colour.amber : row.colour;
    pen.fillStyle = paint;
    const taken = typeof row.taken === "number" ? place(row.taken) : from;
    if (taken !== from) { // waiting in the topic is a thin line, work in the service a bar
      pen.globalAlpha = 0.6;
      pen.fillRect(Math.min(from, taken), y - 1, Math.abs(taken - from), 2);
    }
    pen.globalAlpha = 0.45;
    pen.fillRect(Math.min(taken, to), y - 4, Math.abs(to - taken), 8);
    pen.globalAlpha = 1;
    if (row.critical) {
      pen.fillStyle = colour.text;
      pen.fillRect(Math.min(from, to), y + 5, Math.max(2, Math.abs(to - from)), 2);
      pen.fillStyle = paint;
    }
    pen.beginPath();
    pen.roundRect(to - 2.5, y - 6, 5, 12, 2);
    pen.fill();
    const note = row.badge ? `${row.badge}  ${row.note}` : row.note;
    pen.font = `${row.status === "ok" ? 400 : 600} 11.5px ${colour.font}`;
    pen.fillStyle = row.status === "dead" ? colour["red-text"] : row.status === "retry" ? colour["amber-text"] : colour.mute;
    const right = Math.max(from, to) + 8;
    pen.fillText(fit(note, width - right - 4, pen.font), right, y);
  }

  /**
   * @param {CanvasRenderingContext2D} pen @param {{ms: number, x: number}[]} ticks @param {(ms: number) => number} place
   * @param {number} labels @param {number} width @param {number} height
   */
  drawHead(pen, ticks, place, labels, width, height) {
    const { colour } = this;
    pen.fillStyle = colour.paper;
    pen.fillRect(0, 0, width, HEAD);
    pen.font = `400 11.5px ${colour.font}`;
    pen.fillStyle = colour.mute;
    for (const { ms, x } of ticks) pen.fillText(`+${timeText(ms)}`, x + 4, HEAD / 2);
    pen.font = `italic 400 11px ${colour.font}`;
    pen.textAlign = "center";
    for (const [from, to] of this.scale.gaps) {
      const text = `idle ${timeText(to - from)}`;
      if (measure(text, pen.font) < place(to) - place(from) + 8) pen.fillText(text, (place(from) + place(to)) / 2, HEAD / 2);
    }
    pen.textAlign = "left";
    pen.font = `600 12px ${colour.font}`;
    pen.fillStyle = colour.text;
    pen.fillText(this.data.count, 12, HEAD / 2);
    pen.fillStyle = colour.line;
    pen.fillRect(0, HEAD - 1, width, 1);
    pen.fillRect(labels, 0, 1, height);
  }

  listen() {
    const { scroll } = this;
    const rowAt = (/** @type {MouseEvent} */ event) => {
      const y = event.clientY - scroll.getBoundingClientRect().top;
      const index = Math.floor((y - HEAD + scroll.scrollTop) / ROW);
      return y > HEAD && index >= 0 && index < this.data.rows.length ? index : -1;
    };
    scroll.addEventListener("scroll", () => this.paint());
    scroll.addEventListener("pointermove", (event) => {
      const index = rowAt(event);
      scroll.style.cursor = index >= 0 ? "pointer" : "";
      if (index !== this.hover) {
        this.hover = index;
        this.paint();
      }
    });
    scroll.addEventListener("pointerleave", () => {
      this.hover = -1;
      this.paint();
    });
    scroll.addEventListener("click", (event) => this.pick(rowAt(event)));
    scroll.addEventListener("keydown", (event) => {
      const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
      if (!step) return;
      event.preventDefault();
      const now = this.data.rows.findIndex((row) => row.id === selected(this.data.scope));
      this.pick(Math.max(0, Math.min(this.data.rows.length - 1, now + step)));
    });
  }

  /** @param {number} index */
  pick(index) {
    const row = this.data.rows[index];
    if (!row || row.id === selected(this.data.scope)) return;
    select(this.data.scope, row.id, "user");
    this.report(row.id);
  }
}
