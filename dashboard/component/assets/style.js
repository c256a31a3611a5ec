// One style sheet for every view, added by the script itself: a style file could arrive after the first drawing.
// @ts-check

const TOKENS = `
  --hw-text: var(--st-text-color);
  --hw-paper: var(--st-background-color);
  --hw-primary: var(--st-primary-color);
  --hw-card: color-mix(in srgb, var(--st-background-color) 95%, var(--st-text-color) 5%);
  --hw-line: color-mix(in srgb, var(--st-background-color) 80%, var(--st-text-color) 20%);
  --hw-faint: color-mix(in srgb, var(--st-background-color) 94%, var(--st-text-color) 6%);
  --hw-edge: color-mix(in srgb, var(--st-background-color) 52%, var(--st-text-color) 48%);
  --hw-mute: color-mix(in srgb, var(--st-background-color) 30%, var(--st-text-color) 70%);
  --hw-picked: color-mix(in srgb, var(--st-background-color) 84%, var(--st-primary-color) 16%);
  --hw-red: #e5484d; --hw-amber: #e39a12; --hw-green: #30a46c;
  --hw-red-text: color-mix(in srgb, #e5484d 72%, var(--st-text-color) 28%);
  --hw-amber-text: color-mix(in srgb, #c67f00 62%, var(--st-text-color) 38%);
`;

const SHEET = `
.hw { ${TOKENS} position: relative; box-sizing: border-box; width: 100%; font-family: var(--st-font);
  color: var(--hw-text); }
.hw *, .hw *::before { box-sizing: border-box; }
.hw .probe { display: none; }
.hw:focus-visible, .hw :focus-visible { outline: 2px solid var(--hw-primary); outline-offset: -2px; }

.graph { height: var(--hw-height, 480px); overflow: hidden; border: 1px solid var(--hw-line); border-radius: 12px;
  cursor: grab; user-select: none; touch-action: none; background: var(--hw-paper); }
.graph.over { cursor: pointer; }
.graph.dragging { cursor: grabbing; }
.graph > canvas.many, .graph > svg { position: absolute; left: 0; top: 0; width: 100%; height: 100%; }
.line { fill: none; stroke: var(--hw-edge); stroke-width: 1.5; opacity: .8; }
.line.inferred, .line.ambiguous { stroke: var(--hw-primary); opacity: 1; stroke-dasharray: 6 4; }
.line.ambiguous { stroke-dasharray: 2 4; }
.line.fresh { stroke: var(--hw-green); stroke-width: 2.6; opacity: 1; } .line.altered { stroke: var(--hw-amber); stroke-width: 2.6; opacity: 1; }
.line.gone { stroke: var(--hw-mute); stroke-dasharray: 2 5; opacity: 1; }
.card.fresh .face { stroke: var(--hw-green); stroke-width: 2.2; } .card.fresh .badge { fill: #1d7a4c; } .card.fresh .badge-text { fill: #fff; }
.card.gone .face { stroke: var(--hw-mute); stroke-dasharray: 4 4; } .card.gone .title { text-decoration: line-through; }
.line.critical { stroke: var(--hw-text); stroke-width: 2.4; opacity: 1; }
.line.hot { stroke: var(--hw-red); stroke-width: 2.6; opacity: 1; }
.reach { fill: none; stroke: transparent; stroke-width: 12; pointer-events: stroke; }
.edge:hover .line { stroke-width: 3.4; }
.head.plain path { fill: var(--hw-edge); } .head.hot path { fill: var(--hw-red); } .head.critical path { fill: var(--hw-text); } .head.guess path { fill: var(--hw-primary); }
.label rect { fill: var(--hw-paper); stroke: var(--hw-primary); }
.label text { font: 700 10px var(--st-font); fill: var(--hw-primary); }
.card .face { fill: var(--hw-card); stroke: var(--hw-line); }
.card .stack { fill: var(--hw-card); stroke: var(--hw-line); }
.card .title { font: 600 12.5px var(--st-font); fill: var(--hw-text); }
.card .sub { font: 400 11.5px var(--st-font); fill: var(--hw-mute); }
.card .badge { fill: var(--hw-mute); } .card .badge-text { font: 700 10px var(--st-font); fill: var(--hw-paper); }
.card.critical .face { stroke: var(--hw-text); stroke-width: 1.6; }
.card.hot .face { stroke: var(--hw-red); stroke-width: 1.6; }
.card.retry .face { stroke: var(--hw-amber); stroke-width: 1.8;
  fill: color-mix(in srgb, var(--hw-amber) 12%, var(--hw-paper)); }
.card.retry .badge { fill: #f0b429; } .card.retry .badge-text { fill: #2b1d00; }
.card.dead .face { stroke: var(--hw-red); stroke-width: 2.2;
  fill: color-mix(in srgb, var(--hw-red) 14%, var(--hw-paper)); }
.card.dead .badge { fill: #c62a2f; } .card.dead .badge-text { fill: #fff; }
.card.quiet { opacity: .85; } .card.quiet:hover { opacity: 1; }
.card .ring { fill: none; stroke: none; } .card.chosen .ring { stroke: var(--hw-primary); stroke-width: 2.6; }
.card:hover .face { filter: brightness(1.06); }
.mix.ok { fill: var(--hw-green); } .mix.retry { fill: var(--hw-amber); } .mix.dead { fill: var(--hw-red); }
.buttons { position: absolute; right: 10px; top: 10px; display: flex; gap: 4px; }
.buttons button { min-width: 32px; height: 32px; padding: 0 9px; border-radius: 8px; border: 1px solid var(--hw-line);
  background: var(--hw-paper); color: var(--hw-text); font: 600 13px var(--st-font); cursor: pointer; }
.buttons button:hover { border-color: var(--hw-primary); }
.buttons button.alarm { color: #fff; background: #c62a2f; border-color: #c62a2f; }
.legend { position: absolute; left: 10px; bottom: 10px; display: flex; flex-wrap: wrap; gap: 4px 14px; font-size: 12px;
  color: var(--hw-mute); background: color-mix(in srgb, var(--hw-paper) 90%, transparent); padding: 5px 10px;
  border-radius: 8px; border: 1px solid var(--hw-line); max-width: calc(100% - 210px); pointer-events: none; }
.legend span { display: flex; align-items: center; gap: 6px; white-space: nowrap; }
.legend i { display: inline-block; width: 20px; height: 0; border-top: 2px solid var(--hw-edge); }
.legend i.inferred { border-top: 2px dashed var(--hw-primary); } .legend i.ambiguous { border-top: 2px dotted var(--hw-primary); }
.legend i.fresh { border-top: 3px solid var(--hw-green); } .legend i.gone { border-top: 2px dotted var(--hw-mute); }
.legend i.altered { border-top: 3px solid var(--hw-amber); }
.legend i.critical { border-top: 3px solid var(--hw-text); } .legend i.hot { border-top: 3px solid var(--hw-red); }
.legend i.group, .legend i.service, .legend i.topic { width: 16px; height: 11px; border: 1.5px solid var(--hw-mute); border-radius: 3px; }
.legend i.group { box-shadow: 2px 2px 0 var(--hw-line); } .legend i.service { border-left-width: 4px; }
.legend i.topic { border-radius: 6px; }
.map { position: absolute; right: 10px; bottom: 10px; border: 1px solid var(--hw-line); border-radius: 8px; cursor: pointer;
  background: color-mix(in srgb, var(--hw-paper) 92%, transparent); }
.tip { display: none; position: absolute; z-index: 5; max-width: 320px; white-space: pre-line; overflow-wrap: anywhere;
  font-size: 12px; line-height: 1.45; background: var(--hw-text); color: var(--hw-paper); padding: 7px 10px;
  border-radius: 8px; pointer-events: none; }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }

.fall { height: var(--hw-height, 300px); overflow: hidden; border: 1px solid var(--hw-line); border-radius: 12px; }
.fall .scroll { height: 100%; overflow-y: auto; overflow-x: hidden; outline: none; }
.fall canvas { position: sticky; top: 0; display: block; }

.list { border: 1px solid var(--hw-line); border-radius: 10px; overflow: auto; max-height: var(--hw-height, none); }
.list table { width: 100%; border-collapse: collapse; font-size: 14px; line-height: 1.35; }
.list th { position: sticky; top: 0; z-index: 1; text-align: left; font-weight: 500; font-size: 12.5px; color: var(--hw-mute);
  background: var(--hw-card); padding: 6px 12px; white-space: nowrap; border-bottom: 1px solid var(--hw-line); }
.list td { padding: 5px 12px; border-bottom: 1px solid var(--hw-faint); vertical-align: middle; overflow-wrap: anywhere; }
.list tr:last-child td { border-bottom: 0; }
.list .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.list .time { white-space: nowrap; font-variant-numeric: tabular-nums; }
.list .code { font-family: var(--st-code-font); font-size: 12.5px; }
.list .strong { font-weight: 600; }
.list .mute { color: var(--hw-mute); }
.list .dead { color: var(--hw-red-text); font-weight: 600; } .list .retry { color: var(--hw-amber-text); font-weight: 600; }
.list tbody tr.link { cursor: pointer; } .list tbody tr.link:hover { background: var(--hw-faint); }
.list tbody tr.chosen { background: var(--hw-picked); box-shadow: inset 3px 0 0 var(--hw-primary); }
.list a { color: inherit; text-decoration: none; } .list tr.link:hover a { text-decoration: underline; }
.list .under { display: block; font-size: 12.5px; color: var(--hw-mute); font-weight: 400; }
.list .meter { display: block; height: 4px; margin-top: 4px; border-radius: 2px; background: var(--hw-edge); min-width: 2px; }
.list .meter.good { background: var(--hw-green); }
.list .good { color: color-mix(in srgb, #30a46c 72%, var(--st-text-color) 28%); font-weight: 600; }
.list .stack { display: flex; height: 9px; border-radius: 3px; overflow: hidden; background: var(--hw-faint); gap: 1px; }
.list .stack i { display: block; height: 100%; background: var(--hw-edge); }
.list .stack i.good { background: var(--hw-green); } .list .stack i.retry { background: var(--hw-amber); }
.list .stack i.guess { background: repeating-linear-gradient(135deg, var(--hw-primary) 0 4px, transparent 4px 7px); }
.list .meter.dead { background: var(--hw-red); } .list .meter.retry { background: var(--hw-amber); }
`;

/**
 * Add the style sheet to the root of a component, once.
 * @param {HTMLElement | ShadowRoot} parent
 */
export function dress(parent) {
  if (parent.querySelector("style[data-headwater]")) return;
  const style = document.createElement("style");
  style.dataset.headwater = "";
  style.textContent = SHEET;
  parent.append(style);
}
