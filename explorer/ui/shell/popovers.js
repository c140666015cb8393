// Streamlit draws what a popover holds at the end of the page, far from its button. Here Tab goes from the button into
// it, and on from its end to what follows the button, as the eye does.

const STOPS = "a[href], button, input, select, textarea, summary, canvas, [tabindex]";

function stopsIn(popover, focused) {
  const seen = { opacityProperty: true, visibilityProperty: true };
  // While the focus is outside, Streamlit takes each stop away, and keeps its tabindex in its data.
  const canHaveFocus = (one) => one.tabIndex >= 0 || "tabindex" in one.dataset;
  const isStop = (one) => canHaveFocus(one) && !one.disabled && one.checkVisibility(seen);
  // Of native radios Tab comes to the chosen one alone.
  const isReached = (one) => one.type !== "radio" || one.checked || one === focused;
  return [...popover.querySelectorAll(STOPS)].filter((one) => isStop(one) && isReached(one));
}

function followButton(event) {
  if (event.key !== "Tab" || event.ctrlKey || event.altKey || event.metaKey) return;
  const popover = [...document.querySelectorAll("[data-testid=stPopoverBody]")].at(-1);
  const buttons = [...document.querySelectorAll("[data-testid=stPopoverButton][aria-expanded=true]")];
  const button = buttons.filter((one) => !popover?.contains(one)).at(-1);
  if (!popover || !button) return;
  const focused = document.activeElement, stops = stopsIn(popover, focused);
  if (focused === button && !event.shiftKey && stops.length) {
    event.preventDefault();
    stops[0].focus();
  } else if (popover.contains(focused) && focused === stops.at(event.shiftKey ? 0 : -1)) {
    button.focus();
    if (event.shiftKey) event.preventDefault(); // else the browser goes on from the button
  }
}
