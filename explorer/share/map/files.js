// Files from the server, by their addresses, which are hashes of their content.

const DOWNLOADS = 64_000_000; // bytes of what was downloaded lately that are kept: a page can be shown again

const downloads = new Map();

function keepDownload(path, bytes) {
  downloads.set(path, bytes);
  let size = 0;
  for (const [older, content] of [...downloads].reverse()) {
    size += content.length;
    if (size > DOWNLOADS) downloads.delete(older);
  }
}

async function download(path, signal, report) {
  if (downloads.has(path)) return downloads.get(path);
  const answer = await fetch(path, { signal });
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  const total = Number(answer.headers.get("Content-Length")) || 0;
  const reader = answer.body.getReader(), parts = [];
  let size = 0;
  report(size, total);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    size += value.length;
    report(size, total);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  keepDownload(path, whole);
  return whole;
}

// Files that belong together: colours of other points, or points with other names, would show what is not so.
// They are handed over once all have arrived.
class Files {
  // `on` has arrived(bytes by name, names that changed), failed(error), and perhaps waiting(names) and
  // progress(size, total).
  constructor(on) {
    Object.assign(this, { on, paths: {}, bytes: {}, running: new Map() });
  }

  // Get files by their names and addresses; one whose address is null is none. What was wanted before and is not
  // wanted now is dropped; what is still wanted goes on arriving.
  want(paths) {
    const wanted = JSON.stringify(paths);
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    const names = Object.keys(paths), addresses = new Set(Object.values(paths));
    for (const [path, { stop }] of this.running) if (!addresses.has(path)) stop.abort();
    this.on.waiting?.(names.filter((name) => this.paths[name] !== paths[name]));
    Promise.all(names.map((name) => (this.paths[name] === paths[name] ? this.bytes[name] : this.get(paths[name])))).then(
      (all) => {
        if (this.wanted !== wanted) return;
        const changed = new Set(names.filter((name) => this.paths[name] !== paths[name]));
        const bytes = Object.fromEntries(names.map((name, number) => [name, all[number]]));
        this.on.arrived(bytes, changed);
        Object.assign(this, { paths, bytes });
      },
      (error) => {
        if (this.wanted !== wanted) return;
        this.wanted = null; // the next update tries again
        this.on.failed(error);
      },
    );
  }

  get(path) {
    if (!path) return null;
    if (!this.running.has(path)) {
      const stop = new AbortController(), file = { stop, size: [0, 0] };
      this.running.set(path, file);
      const report = (...size) => {
        file.size = size;
        const sizes = [...this.running.values()].map((each) => each.size);
        this.on.progress?.(...[0, 1].map((part) => sizes.reduce((sum, each) => sum + each[part], 0)));
      };
      file.bytes = download(path, stop.signal, report).finally(() => {
        if (this.running.get(path) === file) this.running.delete(path);
      });
      stop.signal.addEventListener("abort", () => this.running.delete(path)); // it can be wanted anew at once
    }
    return this.running.get(path).bytes;
  }

  // Whether what is wanted has arrived.
  get settled() {
    return JSON.stringify(this.paths) === this.wanted;
  }

  release() {
    this.wanted = null;
    for (const { stop } of this.running.values()) stop.abort();
  }
}

function jsonOf(bytes) {
  return bytes && JSON.parse(new TextDecoder().decode(bytes));
}
