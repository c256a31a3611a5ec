// Where the viewer looks: pure functions over {x, y, k}. Screen = world * k + (x, y).
// @ts-check

/** @typedef {{x: number, y: number, k: number}} Camera */
/** @typedef {{x: number, y: number, w: number, h: number}} Box */

export const ZOOM_MIN = 0.02;
export const ZOOM_MAX = 2.5;

/** @param {Box[]} boxes @returns {Box} */
export function around(boxes) {
  if (!boxes.length) return { x: 0, y: 0, w: 1, h: 1 };
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const box of boxes) {
    left = Math.min(left, box.x);
    top = Math.min(top, box.y);
    right = Math.max(right, box.x + box.w);
    bottom = Math.max(bottom, box.y + box.h);
  }
  return { x: left, y: top, w: right - left || 1, h: bottom - top || 1 };
}

/**
 * Show all of `box` in a view of this size, leaving room for buttons and legend.
 * @param {Box} box @param {number} width @param {number} height @returns {Camera}
 */
export function fitted(box, width, height) {
  const k = Math.max(ZOOM_MIN, Math.min((width - 64) / box.w, (height - 110) / box.h, 1.15));
  return { k, x: (width - box.w * k) / 2 - box.x * k, y: (height - 24 - box.h * k) / 2 - box.y * k };
}

/**
 * Put the middle of `box` at a fraction of the view, without leaving empty space left of or above everything.
 * @param {Box} box @param {Box} all @param {number} width @param {number} height @param {number} k @returns {Camera}
 */
export function aimed(box, all, width, height, k) {
  const x = Math.min(width * 0.58 - (box.x + box.w / 2) * k, 32 - all.x * k);
  return settled({ k, x, y: height * 0.45 - (box.y + box.h / 2) * k }, all, height);
}

/**
 * Move up or down so that no empty space is shown above `all` while something below is cut off.
 * @param {Camera} camera @param {Box} all @param {number} height @returns {Camera}
 */
export function settled(camera, all, height) {
  const { k, x } = camera;
  const fits = all.h * k < height - 110;
  const y = fits ? (height - 24 - all.h * k) / 2 - all.y * k : Math.min(camera.y, 60 - all.y * k);
  return { k, x, y };
}

/**
 * Zoom around a point of the screen.
 * @param {Camera} camera @param {number} factor @param {number} px @param {number} py @returns {Camera}
 */
export function zoomed(camera, factor, px, py) {
  const k = Math.max(ZOOM_MIN, Math.min(ZOOM_MAX, camera.k * factor));
  const ratio = k / camera.k;
  return { k, x: px - (px - camera.x) * ratio, y: py - (py - camera.y) * ratio };
}

/**
 * Move as little as possible so that `box` is in view.
 * @param {Camera} camera @param {Box} box @param {number} width @param {number} height @returns {Camera}
 */
export function revealed(camera, box, width, height) {
  const margin = 48;
  const left = box.x * camera.k + camera.x;
  const top = box.y * camera.k + camera.y;
  const right = left + box.w * camera.k;
  const bottom = top + box.h * camera.k;
  const dx = left < margin ? margin - left : right > width - margin ? width - margin - right : 0;
  const dy = top < margin ? margin - top : bottom > height - margin ? height - margin - bottom : 0;
  return { k: camera.k, x: camera.x + dx, y: camera.y + dy };
}

/** @param {Camera} camera @param {number} width @param {number} height @returns {Box} */
export function viewOf(camera, width, height) {
  return { x: -camera.x / camera.k, y: -camera.y / camera.k, w: width / camera.k, h: height / camera.k };
}

/** @param {Box} a @param {Box} b */
export function overlap(a, b) {
  return a.x < b.x + b.w && a.x + a.w > b.x && a.y < b.y + b.h && a.y + a.h > b.y;
}

/** @param {string} id @returns {Camera | null} */
export function remembered(id) {
  try {
    return JSON.parse(sessionStorage.getItem(`headwater:camera:${id}`) ?? "null");
  } catch {
    return null; // storage can be forbidden; then nothing is remembered
  }
}

/** @param {string} id @param {Camera} camera */
export function remember(id, camera) {
  try {
    sessionStorage.setItem(`headwater:camera:${id}`, JSON.stringify(camera));
  } catch {
    // see remembered()
  }
}
