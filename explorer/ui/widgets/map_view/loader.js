// Loads the script that draws, once, and calls it for each map.

// Files of the media storage lie beside the app's own, whatever the address of the page.
function resolved(path) {
  const own = [...document.scripts].find((script) => /\/static\/js\//.test(script.src));
  const root = own ? own.src.replace(/static\/js\/.*$/, "") : document.baseURI;
  return new URL(path.replace(/^\//, ""), root).href;
}

export default function (component) {
  const { data, parentElement } = component;
  const files = Object.fromEntries(
    Object.entries(data.files).map(([name, path]) => [name, path && resolved(path)]),
  );
  let gone = false;
  const loading = import(files.engine);
  loading.then((engine) => gone || engine.default({ ...component, data: { ...data, files } }));
  return () => {
    gone = true;
    // Streamlit can also call this when an update overtakes another: only a map that has left the page is released.
    setTimeout(() => parentElement.isConnected || loading.then((engine) => engine.release(parentElement)));
  };
}
