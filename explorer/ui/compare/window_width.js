// Tells the page whether the window is too narrow for a wide figure.

const NARROW = "(max-width: 640px)";
const queries = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const query = queries.get(parentElement) ?? window.matchMedia(NARROW);
  queries.set(parentElement, query);
  query.onchange = () => setStateValue("narrow", query.matches);
  if (query.matches !== data.narrow) setStateValue("narrow", query.matches);
  return () => {
    query.onchange = null;
  };
}
