// The rows beside the map: those that are selected, else those in view.

class Rows {
  // `on` has picked(point), pointed(point or -1), acted(name).
  constructor(element, on) {
    Object.assign(this, { element, on });
  }

  show(rows) {
    const { element } = this;
    element.hidden = !rows;
    if (!rows) return;
    const top = element.scrollTop;
    element.replaceChildren(line("div", "rows-title", rows.title));
    if (rows.words.length) element.append(line("div", "rows-words", `Distinctive words: ${rows.words.join(", ")}`));
    if (rows.shares.length) element.append(this.shares(rows.shares));
    if (rows.actions.length) element.append(this.actions(rows.actions));
    const list = element.appendChild(document.createElement("ol"));
    for (const row of rows.rows) list.append(this.row(row));
    if (rows.more) element.append(line("div", "rows-more", rows.more));
    element.scrollTop = rows.title === this.title ? top : 0;
    this.title = rows.title;
  }

  shares(shares) {
    const list = document.createElement("ul");
    list.className = "rows-shares";
    for (const { name, share, colour } of shares) {
      const item = list.appendChild(document.createElement("li"));
      const bar = item.appendChild(document.createElement("span"));
      bar.className = "share-bar";
      bar.style.background = colour;
      bar.style.width = `${Math.max(1, 60 * share)}px`;
      item.append(line("span", "share-name", name), line("span", "share-part", percent(share)));
    }
    return list;
  }

  actions(actions) {
    const whole = document.createElement("div");
    whole.className = "rows-actions";
    for (const { name, label } of actions) {
      const button = whole.appendChild(line("button", "", label));
      button.type = "button";
      button.addEventListener("click", () => this.on.acted(name));
    }
    return whole;
  }

  row({ point, head, text, whole, image }) {
    const item = document.createElement("li");
    const button = item.appendChild(document.createElement("button"));
    button.type = "button";
    button.append(line("span", "row-head", head), line("span", "row-text", text));
    button.lastChild.toggleAttribute("data-whole", whole);
    if (image) button.prepend(thumbnail(image, "row-image"));
    button.disabled = point === null; // it is not on the map
    if (point === null) return item;
    button.addEventListener("click", () => this.on.picked(point));
    for (const name of ["pointerenter", "focus"]) button.addEventListener(name, () => this.on.pointed(point));
    for (const name of ["pointerleave", "blur"]) button.addEventListener(name, () => this.on.pointed(-1));
    return item;
  }
}

// As `explorer/numbers.py` writes it.
function percent(share) {
  if (share > 0 && share < 0.0005) return "< 0.1 %";
  return share >= 0.9995 && share < 1 ? "> 99.9 %" : `${(100 * share).toFixed(1)} %`;
}
