// Beside the maps of several contenders: rings the row under the mouse in every panel, and tells the page whether
// the window is too narrow for panels side by side.

const NARROW = "(max-width: 640px)";
const RING = "position:absolute;width:16px;height:16px;margin:-8px 0 0 -8px;border:3px solid #d00000;" +
  "border-radius:50%;box-sizing:border-box";
const linked = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const state = linked.get(parentElement) ?? { query: window.matchMedia(NARROW) };
  linked.set(parentElement, state);
  state.query.onchange = () => setStateValue("narrow", state.query.matches);
  if (state.query.matches !== data.narrow) setStateValue("narrow", state.query.matches);

  // The figure is made anew whenever it changes, and appears after this.
  const link = () => {
    const figure = document.querySelector(`.st-key-${data.chart} .js-plotly-plot`);
    if (!figure?.on || figure === state.figure) return;
    state.figure = figure;
    figure.on("plotly_hover", ({ points }) => mark(figure, points[0]?.customdata));
    for (const event of ["plotly_unhover", "plotly_relayout"]) figure.on(event, () => mark(figure));
  };
  state.observer?.disconnect();
  state.observer = new MutationObserver(link);
  if (data.chart) {
    state.observer.observe(document.body, { childList: true, subtree: true });
    link();
  }
  return () => {
    state.observer.disconnect();
    state.query.onchange = null;
  };
}

// Ring the points of a row, in place of any others.
function mark(figure, row) {
  figure.querySelector(".explorer-rings")?.remove();
  if (row === undefined || !figure._fullData) return;
  const rings = document.createElement("div");
  rings.className = "explorer-rings";
  rings.style.cssText = "position:absolute;inset:0;pointer-events:none;overflow:hidden";
  for (const trace of figure._fullData) {
    const at = trace.visible === true && trace.customdata ? trace.customdata.indexOf(row) : -1;
    if (at < 0) continue;
    const [x, y] = [place(figure, trace.xaxis, trace.x[at]), place(figure, trace.yaxis, trace.y[at])];
    if (x === null || y === null) continue;
    const ring = document.createElement("div");
    ring.style.cssText = `${RING};left:${x}px;top:${y}px`;
    rings.append(ring);
  }
  figure.style.position = "relative";
  figure.append(rings);
}

// Where a value lies on an axis such as "x2", in pixels of the figure; null outside of its panel.
function place(figure, axis, value) {
  const { _offset, _length, d2p } = figure._fullLayout[`${axis[0]}axis${axis.slice(1)}`];
  const pixels = d2p(value);
  return pixels >= 0 && pixels <= _length ? _offset + pixels : null;
}
