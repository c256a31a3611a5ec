// The picture of a cascade or of the flow map. Positions come from Python; here is drawing, moving and picking.
// @ts-check
import * as cam from "./camera.js";
import { drawMany, drawMap, sharp } from "./canvas.js";
import { arrowHeads, cardElement, edgeElement } from "./cards.js";
import { colours, html, svg } from "./dom.js";
import { listen } from "./gestures.js";
import { onSelect, select, selected } from "./selection.js";
import { dress } from "./style.js";

/** @typedef {import("./cards.js").GraphNode} GraphNode */
/** @typedef {import("./cards.js").GraphEdge} GraphEdge */
/**
 * @typedef {object} GraphData
 * @property {string} id what is drawn: the camera is remembered under it
 * @property {string} scope which views share a selection
 * @property {string} label for screen readers
 * @property {number} height in pixels
 * @property {GraphNode[]} nodes
 * @property {GraphEdge[]} edges
 * @property {{kind: string, text: string}[]} legend
 * @property {number} zoom the smallest scale to start with; below it, the view starts at the way to the failure
 */

const SVG_NODES_MAX = 450;
/** @type {WeakMap<object, GraphView>} */
const views = new WeakMap();

/** @param {{data: GraphData, parentElement: HTMLElement, setTriggerValue: (name: string, value: unknown) => void}} component */
export default function graph({ data, parentElement, setTriggerValue }) {
  let view = views.get(parentElement);
  if (!view || !view.root.isConnected) {
    dress(parentElement);
    view = new GraphView(parentElement);
    views.set(parentElement, view);
  }
  view.report = (id, open) => setTriggerValue("picked", { id, open });
  view.update(data);
  return () => {
    if (!view.root.isConnected) view.close();
  };
}

export class GraphView {
  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.root = html("div", "hw graph");
    this.root.tabIndex = 0;
    this.root.setAttribute("role", "application");
    this.canvas = /** @type {HTMLCanvasElement} */ (html("canvas", "many"));
    this.links = svg("g");
    this.cards = svg("g");
    this.world = svg("g", {}, [this.links, this.cards]);
    this.stage = svg("svg", {}, [arrowHeads(), this.world]);
    this.map = /** @type {HTMLCanvasElement} */ (html("canvas", "map"));
    this.legend = html("div", "legend");
    this.tip = html("div", "tip");
    this.spoken = html("div", "spoken");
    this.spoken.setAttribute("aria-live", "polite");
    this.buttons = this.makeButtons();
    this.root.append(this.canvas, this.stage, this.legend, this.map, this.buttons, this.tip, this.spoken);
    parent.append(this.root);
    /** @type {GraphData} */
    this.data = { id: "", scope: "", label: "", height: 0, nodes: [], edges: [], legend: [], zoom: 0.8 };
    /** @type {Map<string, GraphNode>} */
    this.byId = new Map();
    /** @type {cam.Camera | null} */
    this.camera = null;
    /** @type {cam.Box | null} the part of the world that the SVG holds now */
    this.built = null;
    this.all = cam.around([]);
    this.frame = 0;
    this.touched = false; // as long as nobody has moved the view, it may follow what the page selects
    this.failures = 0; // how often "Go to failure" was used: it goes on to the next one
    this.mapScale = 1;
    /** @type {Record<string, string>} */
    this.colour = {};
    this.report = (/** @type {string | null} */ _id, /** @type {boolean} */ _open) => {};
    this.stopListening = onSelect(() => this.data.scope, (id, by) => this.show(id, by));
    this.observer = new ResizeObserver(() => this.paint(true));
    this.observer.observe(this.root);
    listen(this);
  }

  get width() {
    return this.root.clientWidth || 1200;
  }

  get height() {
    return this.root.clientHeight || this.data.height;
  }

  close() {
    this.observer.disconnect();
    this.stopListening();
  }

  makeButtons() {
    const bar = html("div", "buttons");
    /** @type {[string, string, () => void][]} */
    const actions = [
      ["Go to failure", "Go to the failure (G)", () => this.goToFailure()],
      ["+", "Zoom in (+)", () => this.zoom(1.3)],
      ["−", "Zoom out (−)", () => this.zoom(1 / 1.3)],
      ["Fit", "Show everything (F)", () => this.fit()],
    ];
    for (const [text, title, act] of actions) {
      const button = /** @type {HTMLButtonElement} */ (html("button", "", text));
      button.type = "button";
      button.title = title;
      button.setAttribute("aria-label", title);
      button.addEventListener("click", act);
      bar.append(button);
    }
    bar.children[0].classList.add("alarm");
    return bar;
  }

  /** @param {GraphData} data */
  update(data) {
    const before = this.data;
    const anchor = this.camera && before.id === data.id ? this.anchor() : null;
    this.data = data;
    this.byId = new Map(data.nodes.map((node) => [node.id, node]));
    this.all = cam.around(data.nodes);
    this.root.style.setProperty("--hw-height", `${data.height}px`);
    this.root.setAttribute("aria-label", data.label);
    this.root.dataset.graph = data.id;
    /** @type {HTMLElement} */ (this.buttons.children[0]).style.display = this.failure() ? "" : "none";
    this.legend.replaceChildren(
      ...data.legend.map(({ kind, text }) => {
        const entry = html("span", "", "");
        entry.append(html("i", kind), text);
        return entry;
      }),
    );
    this.legend.style.display = data.legend.length ? "" : "none";
    if (before.id !== data.id) {
      this.camera = cam.remembered(data.id);
      this.touched = Boolean(this.camera);
      if (!this.camera) this.start();
    }
    if (anchor) this.keepInPlace(anchor);
    this.paint(true);
  }

  /** The card that must not move on the screen when a refresh changes the layout. */
  anchor() {
    const chosen = this.byId.get(selected(this.data.scope) ?? "");
    if (chosen) return chosen;
    const view = cam.viewOf(/** @type {cam.Camera} */ (this.camera), this.width, this.height);
    return this.data.nodes.find((node) => cam.overlap(node, view)) ?? null;
  }

  /** @param {GraphNode} before */
  keepInPlace(before) {
    const after = this.byId.get(before.id);
    const camera = this.camera;
    if (!after || !camera) return;
    this.camera = {
      k: camera.k,
      x: camera.x + (before.x - after.x) * camera.k,
      y: camera.y + (before.y - after.y) * camera.k,
    };
  }

  /** Failures, the most urgent first; `turn` counts on through them. */
  failure(turn = 0) {
    const dead = this.data.nodes.filter((node) => node.status === "dead");
    dead.sort((one, other) => (other.urgency ?? 0) - (one.urgency ?? 0));
    return dead.length ? dead[turn % dead.length] : undefined;
  }

  start() {
    const { nodes, zoom } = this.data;
    this.camera = cam.fitted(this.all, this.width, this.height);
    if (this.camera.k >= zoom || !nodes.length) return;
    // Not everything can be read at once: the whole way to the failure, or else its end.
    const hot = nodes.filter((node) => node.hot);
    this.camera = cam.fitted(cam.around(hot.length ? hot : nodes), this.width, this.height);
    const chosen = this.byId.get(selected(this.data.scope) ?? "");
    if (hot.length && this.camera.k >= zoom && (!chosen || hot.includes(chosen))) {
      this.camera = cam.settled(this.camera, this.all, this.height);
      return;
    }
    const from = chosen ?? this.failure() ?? nodes[0];
    this.camera = cam.aimed(from, this.all, this.width, this.height, Math.max(zoom, 0.85));
  }

  fit() {
    this.touched = true;
    this.camera = cam.fitted(this.all, this.width, this.height);
    this.paint(true);
  }

  goToFailure() {
    const node = this.failure(this.failures++);
    if (!node) return;
    this.touched = true;
    this.camera = cam.aimed(node, this.all, this.width, this.height, 1);
    this.paint(true);
    this.pick(node, false);
  }

  /** @param {number} factor @param {number} [px] @param {number} [py] */
  zoom(factor, px = this.width / 2, py = this.height / 2) {
    if (!this.camera) return;
    this.touched = true;
    this.camera = cam.zoomed(this.camera, factor, px, py);
    this.paint(true);
  }

  /** @param {boolean} rebuild */
  paint(rebuild) {
    if (rebuild) this.built = null;
    if (!this.frame) {
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.draw();
      });
    }
  }

  draw() {
    const camera = this.camera;
    if (!camera) return;
    const view = cam.viewOf(camera, this.width, this.height);
    this.colour = colours(this.root, ["red", "amber", "edge", "primary"]);
    const inView = this.data.nodes.reduce((sum, node) => sum + (cam.overlap(node, view) ? 1 : 0), 0);
    const many = inView > SVG_NODES_MAX;
    this.canvas.style.display = many ? "" : "none";
    this.stage.style.display = many ? "none" : "";
    if (many) {
      const pen = sharp(this.canvas, this.width, this.height);
      drawMany(pen, this.data.nodes, this.data.edges, this.byId, camera, view, this.colour, selected(this.data.scope));
    } else {
      this.world.setAttribute("transform", `translate(${camera.x} ${camera.y}) scale(${camera.k})`);
      this.build(view);
    }
    this.mapScale = drawMap(this.map, this.data.nodes, this.all, view, this.colour);
    if (this.touched) cam.remember(this.data.id, camera);
    this.root.dataset.drawn = many ? "canvas" : "svg";
    this.root.dataset.camera = [camera.x, camera.y, camera.k].map((value) => value.toFixed(3)).join(" ");
  }

  /** Build the SVG for the view and a margin around it. @param {cam.Box} view */
  build(view) {
    const built = this.built;
    const inside = built && view.x >= built.x && view.y >= built.y &&
      view.x + view.w <= built.x + built.w && view.y + view.h <= built.y + built.h;
    if (inside) return;
    const area = { x: view.x - view.w * 0.5, y: view.y - view.h * 0.5, w: view.w * 2, h: view.h * 2 };
    this.built = area;
    const chosen = selected(this.data.scope);
    const anyHot = this.data.nodes.some((node) => node.hot);
    const font = this.colour.font;
    const lines = [];
    for (const edge of this.data.edges) {
      const [a, b] = [this.byId.get(edge.from), this.byId.get(edge.to)];
      if (!a || !b || !crosses(a, b, area)) continue;
      const element = edgeElement(edge, a, b, font);
      element.addEventListener("pointerenter", (event) => this.showTip(edge.tip, event));
      element.addEventListener("pointerleave", () => this.showTip(""));
      lines.push({ element, weight: edge.hot ? 2 : edge.critical ? 1 : 0 });
    }
    lines.sort((one, other) => one.weight - other.weight);
    this.links.replaceChildren(...lines.map(({ element }) => element));
    this.cards.replaceChildren(
      ...this.data.nodes
        .filter((node) => cam.overlap(node, area))
        .map((node) => cardElement(node, node.id === chosen, anyHot && !node.hot && !node.critical, font)),
    );
  }

  /** @param {string} text @param {PointerEvent} [event] */
  showTip(text, event) {
    this.tip.style.display = text && event ? "block" : "none";
    if (!text || !event) return;
    this.tip.textContent = text;
    const box = this.root.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    this.tip.style.left = `${Math.max(4, Math.min(this.width - this.tip.offsetWidth - 8, x + 14))}px`;
    const below = y + 18 + this.tip.offsetHeight < this.height;
    this.tip.style.top = `${below ? y + 18 : Math.max(4, y - 12 - this.tip.offsetHeight)}px`;
  }

  /** @param {PointerEvent | MouseEvent} event @returns {GraphNode | null} */
  nodeAt(event) {
    const camera = this.camera;
    if (!camera) return null;
    const box = this.root.getBoundingClientRect();
    const x = (event.clientX - box.left - camera.x) / camera.k;
    const y = (event.clientY - box.top - camera.y) / camera.k;
    const slack = Math.max(0, 4 / camera.k - 4);
    const point = { x: x - slack, y: y - slack, w: 2 * slack + 0.01, h: 2 * slack + 0.01 };
    const hits = this.data.nodes.filter((node) => cam.overlap(node, point));
    return hits.find((node) => node.status === "dead") ?? hits[0] ?? null;
  }

  /** The user picks: here at once, in Python and the address a moment later. @param {GraphNode | null} node @param {boolean} open */
  pick(node, open) {
    const id = node?.id ?? null;
    if (id !== selected(this.data.scope)) select(this.data.scope, id, "user");
    else if (!open) return;
    this.report(id, open);
  }

  /** @param {string | null} id @param {string} by */
  show(id, by) {
    const node = this.byId.get(id ?? "");
    if (by === "user") this.touched = true;
    if (!this.touched) this.start();
    if (node && this.camera) this.camera = cam.revealed(this.camera, node, this.width, this.height);
    this.spoken.textContent = node ? `${node.title}, ${node.sub}` : "";
    this.paint(true);
  }
}

/** Whether a link between two cards passes through `area`. @param {cam.Box} a @param {cam.Box} b @param {cam.Box} area */
function crosses(a, b, area) {
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  const box = { x, y: y - 200, w: Math.max(a.x + a.w, b.x + b.w) - x, h: Math.max(a.y + a.h, b.y + b.h) - y + 400 };
  return cam.overlap(box, area);
}
