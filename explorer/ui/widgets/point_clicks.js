// Tells the page which point of a figure was clicked while the mouse draws a lasso or a box: Streamlit takes no
// clicks as selections then.

export default function ({ data, setTriggerValue }) {
  let watched = null;
  // The figure is made anew whenever it changes, and may appear after this.
  const watch = () => {
    const figure = document.querySelector(`.st-key-${data.chart} .js-plotly-plot`);
    if (!figure?.on || figure === watched) return;
    watched = figure;
    figure.on("plotly_click", ({ points }) => {
      if (watched !== figure || !["lasso", "select"].includes(figure.layout.dragmode)) return;
      setTriggerValue("clicked", points[0]?.customdata);
    });
  };
  const observer = new MutationObserver(watch);
  observer.observe(document.body, { childList: true, subtree: true });
  watch();
  return () => {
    watched = null;
    observer.disconnect();
  };
}
