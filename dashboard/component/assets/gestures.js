// What a person does with the graph: drag, wheel, click, double-click, keys.
// @ts-check
import { selected } from "./selection.js";

/** @typedef {import("./graph.js").GraphView} GraphView */
/** @typedef {import("./cards.js").GraphNode} GraphNode */
/** @typedef {import("./camera.js").Camera} Camera */

/** Make a view answer to pointer, wheel and keys. @param {GraphView} view */
export function listen(view) {
  /** @type {{x: number, y: number, camera: Camera, moved: boolean} | null} */
  let drag = null;
  /** @type {GraphNode | null} */
  let over = null;
  const { root } = view;
  const onButtons = (/** @type {Event} */ event) => event.composedPath().includes(view.buttons);
  root.addEventListener("pointerdown", (event) => {
    if (onButtons(event) || event.button !== 0 || !view.camera) return;
    if (event.composedPath().includes(view.map)) return jump(view, event);
    drag = { x: event.clientX, y: event.clientY, camera: view.camera, moved: false };
  });
  root.addEventListener("pointermove", (event) => {
    if (drag) {
      const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
      if (!drag.moved && Math.abs(dx) + Math.abs(dy) > 4) {
        drag.moved = true;
        root.setPointerCapture(event.pointerId);
        root.classList.add("dragging");
      }
      if (drag.moved) {
        view.touched = true;
        view.camera = { ...drag.camera, x: drag.camera.x + dx, y: drag.camera.y + dy };
        view.paint(false);
      }
      return;
    }
    if (onButtons(event)) return;
    const node = view.nodeAt(event);
    root.classList.toggle("over", Boolean(node));
    if (node !== over) view.showTip(node?.tip ?? "", event);
    over = node;
  });
  root.addEventListener("pointerup", (event) => {
    const was = drag;
    drag = null;
    root.classList.remove("dragging");
    if (was && !was.moved) view.pick(view.nodeAt(event), false);
  });
  root.addEventListener("pointercancel", () => (drag = null));
  root.addEventListener("pointerleave", () => {
    over = null;
    view.showTip("");
  });
  root.addEventListener("dblclick", (event) => {
    const node = view.nodeAt(event);
    if (node?.kind === "group") view.pick(node, true);
  });
  root.addEventListener("wheel", (event) => wheel(view, event), { passive: false });
  root.addEventListener("keydown", (event) => key(view, event));
}

/** The page keeps its wheel until the picture has been clicked or Ctrl is held. @param {GraphView} view @param {WheelEvent} event */
function wheel(view, event) {
  const here = /** @type {Document | ShadowRoot} */ (view.root.getRootNode());
  if (!event.ctrlKey && !event.metaKey && here.activeElement !== view.root) return;
  event.preventDefault();
  const box = view.root.getBoundingClientRect();
  view.zoom(Math.exp(-event.deltaY * 0.0015), event.clientX - box.left, event.clientY - box.top);
}

/** Move the view to a point of the small map. @param {GraphView} view @param {PointerEvent} event */
function jump(view, event) {
  if (!view.camera) return;
  const box = view.map.getBoundingClientRect();
  const x = view.all.x + (event.clientX - box.left - 4) / view.mapScale;
  const y = view.all.y + (event.clientY - box.top - 4) / view.mapScale;
  const { k } = view.camera;
  view.touched = true;
  view.camera = { k, x: view.width / 2 - x * k, y: view.height / 2 - y * k };
  view.paint(true);
}

/** @param {GraphView} view @param {KeyboardEvent} event */
function key(view, event) {
  const moves = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  /** @type {Record<string, () => void>} */
  const actions = {
    f: () => view.fit(),
    g: () => view.goToFailure(),
    "+": () => view.zoom(1.3),
    "-": () => view.zoom(1 / 1.3),
    Escape: () => view.pick(null, false),
    Enter: () => view.pick(view.byId.get(selected(view.data.scope) ?? "") ?? null, true),
  };
  const move = moves[/** @type {keyof typeof moves} */ (event.key)];
  if (event.ctrlKey || event.metaKey || event.altKey || (!move && !actions[event.key])) return;
  event.preventDefault();
  if (move) step(view, move[0], move[1]);
  else actions[event.key]();
}

/** Select the neighbour along a link, or within the column. @param {GraphView} view @param {number} dx @param {number} dy */
function step(view, dx, dy) {
  const now = view.byId.get(selected(view.data.scope) ?? "");
  if (!now) return view.pick(view.failure() ?? view.data.nodes[0] ?? null, false);
  /** @type {GraphNode[]} */
  let found;
  if (dx) {
    const ends = view.data.edges.filter((edge) => (dx > 0 ? edge.from : edge.to) === now.id);
    ends.sort((one, other) => Number(other.hot ?? false) - Number(one.hot ?? false));
    const near = ends.map((edge) => view.byId.get(dx > 0 ? edge.to : edge.from));
    found = near.flatMap((node) => (node ? [node] : []));
  } else {
    found = view.data.nodes.filter((node) => node.x === now.x && (node.y - now.y) * dy > 0);
    found.sort((one, other) => Math.abs(one.y - now.y) - Math.abs(other.y - now.y));
  }
  if (found[0]) view.pick(found[0], false);
}
