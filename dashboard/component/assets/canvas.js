// Many cards at once, and the small map in the corner: plain canvas, no text.
// @ts-check
import { overlap } from "./camera.js";

/** @typedef {import("./cards.js").GraphNode} GraphNode */
/** @typedef {import("./cards.js").GraphEdge} GraphEdge */
/** @typedef {import("./camera.js").Camera} Camera */
/** @typedef {import("./camera.js").Box} Box */

const MAP_WIDTH = 168;

/**
 * Give a canvas the resolution of the screen and return its context in CSS pixels.
 * @param {HTMLCanvasElement} canvas @param {number} width @param {number} height @returns {CanvasRenderingContext2D}
 */
export function sharp(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return pen;
}

/**
 * Draw everything in `view`; failures stay visible however small the scale.
 * @param {CanvasRenderingContext2D} pen @param {GraphNode[]} nodes @param {GraphEdge[]} edges
 * @param {Map<string, GraphNode>} byId @param {Camera} camera @param {Box} view
 * @param {Record<string, string>} colour @param {string | null} chosen
 */
export function drawMany(pen, nodes, edges, byId, camera, view, colour, chosen) {
  pen.save();
  pen.translate(camera.x, camera.y);
  pen.scale(camera.k, camera.k);
  for (const hot of [false, true]) {
    pen.strokeStyle = hot ? colour.red : colour.edge;
    pen.lineWidth = (hot ? 2 : 0.8) / camera.k;
    pen.beginPath();
    for (const edge of edges) {
      const [a, b] = [byId.get(edge.from), byId.get(edge.to)];
      if (!a || !b || Boolean(edge.hot) !== hot || !overlap(span(a, b), view)) continue;
      pen.moveTo(a.x + a.w, a.y + a.h / 2);
      pen.lineTo(b.x, b.y + b.h / 2);
    }
    pen.stroke();
  }
  const least = 1.4 / camera.k;
  for (const status of ["ok", "retry", "dead"]) {
    const grown = status === "ok" ? least : 5 / camera.k;
    for (const node of nodes) {
      if (node.status !== status || !overlap(node, view)) continue;
      pen.fillStyle = status === "dead" ? colour.red : status === "retry" ? colour.amber : node.colour;
      pen.fillRect(node.x, node.y, Math.max(node.w, grown), Math.max(node.h, grown));
    }
  }
  const node = chosen ? byId.get(chosen) : undefined;
  if (node) {
    const pad = 4 / camera.k;
    pen.strokeStyle = colour.primary;
    pen.lineWidth = 2.5 / camera.k;
    pen.strokeRect(node.x - pad, node.y - pad, node.w + 2 * pad, node.h + 2 * pad);
  }
  pen.restore();
}

/** @param {Box} a @param {Box} b @returns {Box} */
function span(a, b) {
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  return { x, y, w: Math.max(a.x + a.w, b.x + b.w) - x, h: Math.max(a.y + a.h, b.y + b.h) - y };
}

/**
 * Draw the small map, or hide it where the whole picture is in view. Returns its scale.
 * @param {HTMLCanvasElement} canvas @param {GraphNode[]} nodes @param {Box} all @param {Box} view
 * @param {Record<string, string>} colour @returns {number}
 */
export function drawMap(canvas, nodes, all, view, colour) {
  const whole = view.x <= all.x && view.y <= all.y && view.x + view.w >= all.x + all.w && view.y + view.h >= all.y + all.h;
  canvas.style.display = whole ? "none" : "";
  const height = Math.max(40, Math.min(104, (MAP_WIDTH * all.h) / all.w));
  const scale = Math.min((MAP_WIDTH - 8) / all.w, (height - 8) / all.h);
  if (whole) return scale;
  const pen = sharp(canvas, MAP_WIDTH, height);
  const at = (/** @type {Box} */ box, least = 0) =>
    /** @type {const} */ ([
      4 + (box.x - all.x) * scale,
      4 + (box.y - all.y) * scale,
      Math.max(least, box.w * scale),
      Math.max(least, box.h * scale),
    ]);
  for (const hot of [false, true]) {
    for (const node of nodes) {
      if ((node.status !== "ok" || Boolean(node.hot)) !== hot) continue;
      pen.fillStyle = node.status === "dead" ? colour.red : hot ? colour.amber : colour.edge;
      pen.fillRect(...at(node, 1.6));
    }
  }
  pen.strokeStyle = colour.primary;
  pen.lineWidth = 1.5;
  pen.strokeRect(...at(view));
  return scale;
}
