// The legend: groups with their colours and counts, which can be hidden and shown; or a scale of numbers.

class Legend {
  // `on` has toggled(entry), alone(entry), pointed(entry or null).
  constructor(element, on) {
    Object.assign(this, { element, on });
  }

  show(scene) {
    const { element } = this;
    element.replaceChildren();
    element.hidden = !scene.legend.length && !scene.scale;
    const title = document.createElement("div");
    title.className = "legend-title";
    title.textContent = scene.title;
    element.append(title);
    if (scene.scale) element.append(this.scale(scene.scale));
    if (scene.note) {
      const note = document.createElement("div");
      note.className = "legend-note";
      note.textContent = scene.note;
      element.append(note);
    }
    for (const group of scene.legend) element.append(this.entry(group, scene.hidden));
  }

  // Say which entries are hidden now.
  refresh(hidden) {
    for (const button of this.element.querySelectorAll("button"))
      button.setAttribute("aria-pressed", String(!hidden.has(Number(button.dataset.entry))));
  }

  entry({ entry, name, count, colour }, hidden) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.entry = entry;
    button.setAttribute("aria-pressed", String(!hidden.has(entry)));
    button.title = `${name}: click to hide or show, double-click or Shift and click to show it alone`;
    const dot = document.createElement("span");
    dot.className = "legend-dot";
    dot.style.background = colour;
    const text = document.createElement("span");
    text.className = "legend-name";
    text.dir = "auto";
    text.textContent = name;
    const number = document.createElement("span");
    number.className = "legend-count";
    number.textContent = count.toLocaleString("en");
    button.append(dot, text, number);
    button.addEventListener("click", (event) => {
      event.shiftKey ? this.on.alone(entry) : this.on.toggled(entry);
      this.refresh(hidden);
    });
    button.addEventListener("dblclick", () => this.on.alone(entry));
    for (const name of ["pointerenter", "focus"]) button.addEventListener(name, () => this.on.pointed(entry));
    for (const name of ["pointerleave", "blur"]) button.addEventListener(name, () => this.on.pointed(null));
    return button;
  }

  scale({ low, high, colours }) {
    const whole = document.createElement("div");
    whole.className = "legend-scale";
    const bar = document.createElement("div");
    bar.className = "legend-bar";
    bar.style.background = `linear-gradient(to right, ${colours.join(",")})`;
    const ends = document.createElement("div");
    ends.className = "legend-ends";
    for (const end of [low, high]) {
      const span = document.createElement("span");
      span.textContent = end;
      ends.append(span);
    }
    whole.append(bar, ends);
    return whole;
  }
}
