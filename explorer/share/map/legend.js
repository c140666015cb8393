// The legend: groups with their colours and counts, which can be hidden and shown; or a scale of numbers.

class Legend {
  // `on` has toggled(entry), alone(entry), picked(entry, mode), pointed(entry or null), shown().
  constructor(element, on) {
    Object.assign(this, { element, on });
  }

  show(scene) {
    const { element } = this;
    element.replaceChildren();
    element.hidden = !scene.legend.length && !scene.scale;
    const top = element.appendChild(document.createElement("div"));
    top.className = "legend-top";
    top.append(line("div", "legend-title", scene.title));
    if (scene.scale) element.append(this.scale(scene.scale));
    if (scene.note) element.append(line("div", "legend-note", scene.note));
    const all = top.appendChild(line("button", "legend-all", "Show all"));
    all.type = "button";
    all.addEventListener("click", () => this.on.shown());
    for (const group of scene.legend) element.append(this.entry(group));
    this.refresh(scene.hidden);
  }

  // Say how many points of each group are shown.
  recount(legend) {
    for (const { entry, shown } of legend)
      this.element.querySelector(`[data-entry="${entry}"] .legend-count`).textContent = shown.toLocaleString("en");
  }

  // Say which entries are hidden now.
  refresh(hidden) {
    // It keeps its place: what is below must not move under the mouse.
    this.element.querySelector(".legend-all").style.visibility = hidden.size ? "visible" : "hidden";
    for (const button of this.element.querySelectorAll("button[data-entry]"))
      button.setAttribute("aria-pressed", String(!hidden.has(Number(button.dataset.entry))));
  }

  entry({ entry, name, count, colour }) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.entry = entry;
    button.title = `${name}: click to hide or show, double-click or Shift and click to show it alone`;
    const dot = document.createElement("span");
    dot.className = "legend-dot";
    dot.style.background = colour;
    const text = line("span", "legend-name", name);
    const number = line("span", "legend-count", count.toLocaleString("en"));
    button.append(dot, text, number);
    button.addEventListener("click", (event) => (event.shiftKey ? this.on.alone(entry) : this.on.toggled(entry)));
    button.addEventListener("dblclick", () => this.on.alone(entry));
    const pick = line("button", "legend-pick", "Select");
    pick.type = "button";
    pick.title = `Select the rows of ${name}; Shift adds them, Alt takes them away`;
    pick.addEventListener("click", (event) => this.on.picked(entry, modeOf(event)));
    const whole = document.createElement("div");
    whole.className = "legend-entry";
    whole.append(button, pick);
    for (const name of ["pointerenter", "focusin"]) whole.addEventListener(name, () => this.on.pointed(entry));
    for (const name of ["pointerleave", "focusout"]) whole.addEventListener(name, () => this.on.pointed(null));
    return whole;
  }

  scale({ low, high, colours }) {
    const whole = document.createElement("div");
    whole.className = "legend-scale";
    const bar = document.createElement("div");
    bar.className = "legend-bar";
    ["light", "dark"].forEach((ground, number) =>
      bar.style.setProperty(`--${ground}`, `linear-gradient(to right, ${colours[number].join(",")})`),
    );
    const ends = document.createElement("div");
    ends.className = "legend-ends";
    ends.append(line("span", "", low), line("span", "", high));
    whole.append(bar, ends);
    return whole;
  }
}
