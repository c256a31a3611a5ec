// One selection for all views of a page. It travels as a window event, so that data need not be sent again.
// Python sets it through the component in this file: 100 bytes instead of the whole graph.
// @ts-check

const EVENT = "headwater:select";
// Streamlit serves each component under an address of its own, so this module is loaded once per component:
// what they share stands on the window.
const KEY = Symbol.for("headwater.selection");
const shared = /** @type {{[KEY]?: Map<string, string | null>}} */ (/** @type {unknown} */ (window));
/** @type {Map<string, string | null>} */
const current = (shared[KEY] ??= new Map());

/**
 * What is selected in `scope` now.
 * @param {string} scope @returns {string | null}
 */
export function selected(scope) {
  return current.get(scope) ?? null;
}

/**
 * Tell every view of `scope` what is selected.
 * @param {string} scope @param {string | null} id @param {string} by "user" for a click here, "page" for the address
 */
export function select(scope, id, by) {
  if (selected(scope) === id && by === "page") return;
  current.set(scope, id);
  window.dispatchEvent(new CustomEvent(EVENT, { detail: { scope, id, by } }));
}

/**
 * Call `listener` when the selection in `scope()` changes; returns how to stop that.
 * @param {() => string} scope @param {(id: string | null, by: string) => void} listener @returns {() => void}
 */
export function onSelect(scope, listener) {
  const handler = (/** @type {Event} */ event) => {
    const { detail } = /** @type {CustomEvent} */ (event);
    if (detail.scope === scope()) listener(detail.id, detail.by);
  };
  window.addEventListener(EVENT, handler);
  return () => window.removeEventListener(EVENT, handler);
}

/** @param {{data: {scope: string, id: string | null}}} component */
export default function beacon({ data }) {
  select(data.scope, data.id, "page");
}
