// A list whose rows are links: a click stays inside the page, a middle click or Ctrl opens a new tab.
// @ts-check
import { html } from "./dom.js";
import { onSelect, select, selected } from "./selection.js";
import { dress } from "./style.js";

/** @typedef {{text: string, under?: string, style?: string, meter?: number, meterStyle?: string,
 *   stack?: {share: number, style: string}[]}} Cell */
/** @typedef {{id: string, href?: string, cells: Cell[]}} ListRow */
/**
 * @typedef {object} ListData
 * @property {string} scope rows of one scope share the selection; empty = nothing stays selected
 * @property {string} label
 * @property {number} [height] largest height in pixels
 * @property {{text: string, style?: string, width?: string}[]} columns
 * @property {ListRow[]} rows
 */

/** @typedef {{root: HTMLElement, stop: () => void, data: ListData}} ListView */
/** @type {WeakMap<object, ListView>} */
const views = new WeakMap();

/** @param {{data: ListData, parentElement: HTMLElement, setTriggerValue: (name: string, value: unknown) => void}} component */
export default function list({ data, parentElement, setTriggerValue }) {
  let view = views.get(parentElement);
  if (!view || !view.root.isConnected) {
    dress(parentElement);
    const root = html("div", "hw list");
    parentElement.append(root);
    /** @type {ListView} */
    const made = { root, data, stop: () => {} };
    made.stop = onSelect(() => made.data.scope, () => mark(made.root, made.data));
    view = made;
    views.set(parentElement, view);
  }
  const { root, stop } = view;
  view.data = data;
  if (data.height) root.style.setProperty("--hw-height", `${data.height}px`);
  const at = root.scrollTop;
  root.replaceChildren(table(data, (id) => {
    if (data.scope) select(data.scope, id, "user");
    setTriggerValue("picked", { id, open: false });
  }));
  root.scrollTop = at;
  mark(root, data);
  return () => {
    if (!root.isConnected) stop();
  };
}

/** @param {HTMLElement} root @param {ListData} data */
function mark(root, data) {
  const chosen = data.scope ? selected(data.scope) : null;
  for (const row of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("tr[data-id]"))) {
    row.classList.toggle("chosen", chosen !== null && row.dataset.id === chosen);
  }
}

/** @param {ListData} data @param {(id: string) => void} pick */
function table(data, pick) {
  const made = html("table");
  made.setAttribute("aria-label", data.label);
  const head = html("tr");
  for (const column of data.columns) {
    const cell = html("th", column.style, column.text);
    if (column.width) cell.style.width = column.width;
    head.append(cell);
  }
  const top = html("thead");
  top.append(head);
  const body = html("tbody");
  body.append(...data.rows.map((row) => rowElement(row, data, pick)));
  if (data.columns.some((column) => column.text)) made.append(top);
  made.append(body);
  return made;
}

/** @param {ListRow} row @param {ListData} data @param {(id: string) => void} pick */
function rowElement(row, data, pick) {
  const made = html("tr", row.href ? "link" : "");
  made.dataset.id = row.id;
  row.cells.forEach((cell, index) => {
    const box = html("td", [data.columns[index]?.style, cell.style].filter(Boolean).join(" "));
    const first = index === 0 && row.href;
    const text = html(first ? "a" : "span", "", cell.text);
    if (first) text.setAttribute("href", String(row.href));
    box.append(text);
    if (cell.under) box.append(html("span", "under", cell.under));
    if (cell.meter !== undefined && cell.meter >= 0.03) {
      const meter = html("span", `meter ${cell.meterStyle ?? ""}`);
      meter.style.width = `${Math.round(cell.meter * 100)}%`;
      box.append(meter);
    }
    if (cell.stack) {
      const bar = html("span", "stack");
      for (const { share, style } of cell.stack) {
        const part = html("i", style);
        part.style.width = `${Math.max(1, share * 100)}%`;
        bar.append(part);
      }
      box.prepend(bar);
    }
    made.append(box);
  });
  if (row.href) {
    made.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      pick(row.id);
    });
  }
  return made;
}
