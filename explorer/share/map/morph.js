// The slider that turns each map into the next, and the button that plays it.

const PLAYED = 1800; // milliseconds from one map to the next

class Morph {
  constructor(element, on) {
    Object.assign(this, { element, on, at: 0 });
    this.button = element.querySelector("button");
    this.slider = element.querySelector("input");
    this.button.addEventListener("click", () => (this.playing ? this.stop() : this.play()));
    this.slider.addEventListener("input", () => {
      this.stop();
      this.go(Number(this.slider.value));
    });
  }

  // The names of the maps; fewer than two leave nothing to slide.
  show(names) {
    if (names.join("\n") !== this.names?.join("\n")) this.stop();
    this.element.hidden = names.length < 2;
    this.last = Math.max(0, names.length - 1);
    this.slider.max = this.last;
    this.names = names;
    if (this.at > this.last || this.element.hidden) this.at = 0;
    this.slider.value = this.at;
    this.element.toggleAttribute("data-many", names.length > 2);
    this.element.querySelector("datalist").replaceChildren(...names.map((_, number) => new Option("", number)));
    this.name();
  }

  // Say between which maps the slider stands, and which of them is shown.
  name() {
    const from = Math.min(Math.floor(this.at), Math.max(0, this.last - 1));
    this.element.querySelectorAll(".morph-name").forEach((element, number) => {
      element.textContent = element.title = this.names[from + number] ?? "";
      element.toggleAttribute("data-shown", this.at === from + number);
    });
  }

  go(at) {
    this.at = at;
    this.slider.value = at;
    const near = this.names[Math.round(at)];
    this.slider.setAttribute("aria-valuetext", Number.isInteger(at) ? near : `on the way, nearest to ${near}`);
    this.name();
    this.on.moved();
  }

  play() {
    const to = this.at < this.last ? this.last : 0;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.go(to);
      return;
    }
    const from = uneased(this.at), started = performance.now();
    const step = (now) => {
      const share = clamp((now - started) / (PLAYED * Math.abs(to - from)), 0, 1);
      this.go(share === 1 ? to : eased(from + (to - from) * share));
      this.playing = share < 1 ? requestAnimationFrame(step) : 0;
      this.button.textContent = this.playing ? "Stop" : "Play";
    };
    this.playing = requestAnimationFrame(step);
    this.button.textContent = "Stop";
  }

  stop() {
    cancelAnimationFrame(this.playing);
    this.playing = 0;
    this.button.textContent = "Play";
  }
}

// Slow near each map, fast between them.
function eased(at) {
  const map = Math.floor(at), share = at - map;
  return map + share * share * (3 - 2 * share);
}

function uneased(at) {
  const map = Math.floor(at), share = at - map;
  return map + 0.5 - Math.sin(Math.asin(1 - 2 * share) / 3);
}
