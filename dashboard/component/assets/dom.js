// Small helpers. Data from records reaches the page as text or attribute values only, never as markup.
// @ts-check

const SVG = "http://www.w3.org/2000/svg";
const ruler = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
/** @type {Map<string, string>} */
const fitted = new Map();

/**
 * Create an SVG element with attributes; attributes that are null or undefined are left out.
 * @param {string} tag @param {Record<string, unknown>} [attributes] @param {(Node | null)[]} [children]
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, children = []) {
  const made = /** @type {SVGElement} */ (document.createElementNS(SVG, tag));
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(name, String(value));
  }
  for (const child of children) if (child) made.append(child);
  return made;
}

/**
 * Create an SVG text element.
 * @param {string} content @param {Record<string, unknown>} attributes
 */
export function svgText(content, attributes) {
  const made = svg("text", attributes);
  made.textContent = content;
  return made;
}

/**
 * Create an HTML element with a class and text.
 * @param {string} tag @param {string} [className] @param {string} [text] @returns {HTMLElement}
 */
export function html(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

/**
 * Cut `text` to `width` pixels in `font`, with an ellipsis where the share `tail` (0..1) of what is left stands behind
 * it: names of topics often differ at their ends only.
 * @param {string} text @param {number} width @param {string} font @param {number} [tail] @returns {string}
 */
export function fit(text, width, font, tail = 0) {
  const key = `${font}|${Math.round(width)}|${tail}|${text}`;
  const known = fitted.get(key);
  if (known !== undefined) return known;
  ruler.font = font;
  let shown = text;
  if (ruler.measureText(text).width > width) {
    let low = 0;
    let high = text.length;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (ruler.measureText(shortened(text, middle, tail)).width <= width) low = middle;
      else high = middle - 1;
    }
    shown = shortened(text, low, tail);
  }
  if (fitted.size > 20000) fitted.clear();
  fitted.set(key, shown);
  return shown;
}

/** @param {string} text @param {number} length @param {number} tail @returns {string} */
function shortened(text, length, tail) {
  const end = Math.round(length * tail);
  return text.slice(0, length - end).replace(/[\s._-]+$/, "") + "…" + (end ? text.slice(-end).trimStart() : "");
}

/**
 * Width of `text` in pixels.
 * @param {string} text @param {string} font @returns {number}
 */
export function measure(text, font) {
  ruler.font = font;
  return ruler.measureText(text).width;
}

/**
 * Read the colours of probe elements, because a canvas cannot use custom properties.
 * @param {HTMLElement} root @param {string[]} names @returns {Record<string, string>}
 */
export function colours(root, names) {
  /** @type {Record<string, string>} */
  const found = {};
  let probe = /** @type {HTMLElement | null} */ (root.querySelector(":scope > .probe"));
  if (!probe) {
    probe = html("i", "probe");
    root.append(probe);
  }
  for (const name of names) {
    probe.style.color = `var(--hw-${name})`;
    found[name] = getComputedStyle(probe).color;
  }
  found.font = getComputedStyle(root).fontFamily;
  return found;
}
