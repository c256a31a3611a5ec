// Cards and links as SVG: for graphs of which few hundred are in view.
// @ts-check
import { fit, measure, svg, svgText } from "./dom.js";

/**
 * @typedef {object} GraphNode
 * @property {string} id
 * @property {"event" | "group" | "service" | "topic"} kind
 * @property {string} title
 * @property {string} sub
 * @property {string} [badge]
 * @property {"ok" | "retry" | "dead"} status
 * @property {number} [urgency] which failure to go to first
 * @property {boolean} [hot] on the path to the failure
 * @property {boolean} [critical] on the critical path
 * @property {string} colour
 * @property {Record<string, number>} [mix] how many members of a group stand how
 * @property {string} tip
 * @property {number} x
 * @property {number} y
 * @property {number} w
 * @property {number} h
 */
/**
 * @typedef {object} GraphEdge
 * @property {string} from
 * @property {string} to
 * @property {"caused" | "inferred" | "ambiguous"} kind
 * @property {string} [label]
 * @property {boolean} [hot]
 * @property {boolean} [critical]
 * @property {number} [width]
 * @property {[number, number][]} [points]
 * @property {string} tip
 */

const BADGE_FONT = "700 10px ";
const TAIL = 0.5; // of a title that is too long
const TITLE_FONT = "600 12.5px ";
const SUB_FONT = "400 11.5px ";

/**
 * The path of a link: through its way-points, each the middle of a lane as wide as a card. Straight through the
 * lane, bent between lanes. A link that runs backwards leaves and arrives in the gap below its cards.
 * @param {GraphEdge} edge @param {GraphNode} a @param {GraphNode} b @returns {string}
 */
export function edgePath(edge, a, b) {
  const back = b.x < a.x + a.w;
  const half = (back ? -1 : 1) * (a.w / 2);
  const stops = (edge.points ?? []).flatMap(([x, y]) => [{ x: x - half, y }, { x: x + half, y }]);
  const end = { x: b.x - 2, y: b.y + b.h / 2 };
  if (!back) return `M${a.x + a.w} ${a.y + a.h / 2}` + bends({ x: a.x + a.w, y: a.y + a.h / 2 }, [...stops, end]);
  const under = { x: a.x - 10, y: a.y + a.h + 9 };
  const above = { x: b.x + b.w + 10, y: b.y + b.h + 9 };
  const [x, y] = [a.x + a.w, a.y + a.h / 2];
  return (
    `M${x} ${y}C${x + 22} ${y} ${x + 22} ${under.y} ${x - 6} ${under.y}L${under.x} ${under.y}` +
    bends(under, [...stops, above]) +
    `L${b.x + 6} ${above.y}C${b.x - 22} ${above.y} ${b.x - 22} ${end.y} ${end.x} ${end.y}`
  );
}

/** @param {{x: number, y: number}} from @param {{x: number, y: number}[]} stops @returns {string} */
function bends(from, stops) {
  let path = "";
  let last = from;
  for (const stop of stops) {
    const bend = (stop.x - last.x) / 2;
    path +=
      Math.abs(stop.y - last.y) < 0.5
        ? `L${stop.x} ${stop.y}`
        : `C${last.x + bend} ${last.y} ${stop.x - bend} ${stop.y} ${stop.x} ${stop.y}`;
    last = stop;
  }
  return path;
}

/** Arrow heads; one per colour, because a marker cannot take the colour of its line everywhere. */
export function arrowHeads() {
  return svg(
    "defs",
    {},
    ["plain", "hot", "guess", "critical"].map((name) =>
      svg(
        "marker",
        { id: `head-${name}`, class: `head ${name}`, viewBox: "0 0 8 8", refX: 6.5, refY: 4, markerWidth: 7,
          markerHeight: 7, orient: "auto-start-reverse", markerUnits: "userSpaceOnUse" },
        [svg("path", { d: "M0 .6 7.4 4 0 7.4z" })],
      ),
    ),
  );
}

/**
 * A link: the line, a wide invisible line to point at, and the confidence where it is not certain.
 * @param {GraphEdge} edge @param {GraphNode} a @param {GraphNode} b @param {string} font
 */
export function edgeElement(edge, a, b, font) {
  const path = edgePath(edge, a, b);
  const state = `${edge.kind} ${edge.hot ? "hot" : ""} ${edge.critical ? "critical" : ""}`;
  const head = edge.hot ? "hot" : edge.critical ? "critical" : ["inferred", "ambiguous"].includes(edge.kind) ? "guess" : "plain";
  const line = svg("path", { d: path, class: `line ${state}`, "stroke-width": edge.width, "marker-end": `url(#head-${head})` });
  const reach = svg("path", { d: path, class: "reach" });
  const group = svg("g", { class: "edge", "data-from": edge.from, "data-to": edge.to }, [line, reach]);
  if (edge.label) group.append(edgeLabel(edge, a, b, font));
  return group;
}

/** @param {GraphEdge} edge @param {GraphNode} a @param {GraphNode} b @param {string} font */
function edgeLabel(edge, a, b, font) {
  const text = edge.label ?? "";
  const width = measure(text, BADGE_FONT + font) + 12;
  // In the free lane left of the effect: no card can stand there.
  const gap = Math.max(24, Math.min(b.x - a.x - a.w, 56));
  const x = b.x - gap / 2;
  const points = edge.points ?? [];
  const before = points.length ? points[points.length - 1][1] : a.y + a.h / 2;
  const y = (before + b.y + b.h / 2) / 2 - (Math.abs(before - b.y - b.h / 2) < 3 ? 13 : 0);
  return svg("g", { class: "label", transform: `translate(${x} ${y})` }, [
    svg("rect", { x: -width / 2, y: -8, width, height: 16, rx: 8 }),
    svgText(text, { y: 3.5, "text-anchor": "middle" }),
  ]);
}

/**
 * A card for an event, a folded group, a service or a topic.
 * @param {GraphNode} node @param {boolean} chosen @param {boolean} quiet @param {string} font
 */
export function cardElement(node, chosen, quiet, font) {
  const round = node.kind === "topic" ? node.h / 2 : 8;
  const classes = ["card", node.kind, node.status, node.hot && "hot", node.critical && "critical"];
  const group = svg("g", {
    class: [...classes, chosen && "chosen", quiet && "quiet"].filter(Boolean).join(" "),
    transform: `translate(${node.x} ${node.y})`,
    "data-id": node.id,
    role: "button",
    "aria-label": [node.title, node.sub, node.badge].filter(Boolean).join(", "),
  });
  if (node.kind === "group") {
    for (const step of [7, 3.5]) {
      group.append(svg("rect", { class: "stack", x: step, y: step, width: node.w, height: node.h, rx: round }));
    }
  }
  group.append(svg("rect", { class: "face", width: node.w, height: node.h, rx: round }));
  if (node.kind !== "topic") {
    group.append(svg("rect", { x: 6, y: 8, width: 4, height: node.h - 16, rx: 2, fill: node.colour }));
  }
  const left = 17;
  group.append(
    svgText(fit(node.title, node.w - left - 12, TITLE_FONT + font, TAIL), { x: left, y: node.h / 2 - 4, class: "title" }),
    svgText(fit(node.sub, node.w - left - 12, SUB_FONT + font), { x: left, y: node.h / 2 + 13, class: "sub" }),
  );
  if (node.mix) group.append(...mixBar(node, left));
  group.append(svg("rect", { class: "ring", x: -4, y: -4, width: node.w + 8, height: node.h + 8, rx: round + 4 }));
  if (node.badge) group.append(...badge(node, font));
  return group;
}

/** @param {GraphNode} node @param {string} font */
function badge(node, font) {
  const text = node.badge ?? "";
  const width = measure(text, BADGE_FONT + font) + 14;
  const x = node.w - width - 8;
  return [
    svg("rect", { class: "badge", x, y: -11, width, height: 16, rx: 8 }),
    svgText(text, { class: "badge-text", x: x + width / 2, y: 0.6, "text-anchor": "middle" }),
  ];
}

/** @param {GraphNode} node @param {number} left */
function mixBar(node, left) {
  const parts = Object.entries(node.mix ?? {}).filter(([, number]) => number > 0);
  const total = parts.reduce((sum, [, number]) => sum + number, 0) || 1;
  const room = node.w - left - 12;
  let x = left;
  return parts.map(([status, number]) => {
    const width = Math.max(3, (room * number) / total - 1.5);
    const bar = svg("rect", { class: `mix ${status}`, x, y: node.h - 6, width, height: 3, rx: 1.5 });
    x += width + 1.5;
    return bar;
  });
}
