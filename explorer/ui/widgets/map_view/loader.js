// Loads the script that draws, once, and calls it for each map.

// Files of the media storage lie beside the app's own, whatever the address of the page.
function resolved(path) {
  const own = [...document.scripts].find((script) => /\/static\/js\//.test(script.src));
  const root = own ? own.src.replace(/static\/js\/.*$/, "") : document.baseURI;
  return new URL(path.replace(/^\//, ""), root).href;
}

const scripts = {};
let failures = 0;

// The next update asks again for what failed, by another address: browsers remember that one did not arrive.
function loaded(path) {
  return (scripts[path] ??= import(failures ? `${path}?${failures}` : path).catch((error) => {
    failures++;
    delete scripts[path];
    throw error;
  }));
}

export default function (component) {
  const { data, parentElement } = component;
  const whole = (path) => (Array.isArray(path) ? path.map(whole) : path && resolved(path));
  const files = Object.fromEntries(Object.entries(data.files).map(([name, path]) => [name, whole(path)]));
  let gone = false;
  const loading = loaded(files.engine);
  loading.then(
    (engine) => gone || engine.default({ ...component, data: { ...data, files } }),
    // The server drops what no page needs: the script of a page that is being left may not come.
    () => gone || (parentElement.innerHTML = '<p role="alert">The map did not arrive. Reload the page.'),
  );
  return () => {
    gone = true;
    // Streamlit can also call this when an update overtakes another: only a map that has left the page is released.
    setTimeout(() => parentElement.isConnected || loading.then((engine) => engine.release(parentElement), () => {}));
  };
}
