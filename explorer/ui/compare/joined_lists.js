// Joins the same row in lists that stand side by side: a line from where it is on the left to where it is on the
// right. The lists say the same in words, so the lines are decoration; below each other, lists have none.

const SVG = "http://www.w3.org/2000/svg";
const BESIDE_TEXT = 8; // pixels between a line and the words that it begins at
const BESIDE_LIST = 4; // and the list that it ends at

export default function ({ data, parentElement }) {
  const lists = document.querySelector(`.st-key-${data.lists}`);
  if (!lists) return;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "explorer-joined");
  svg.style.cssText = "position:absolute;width:1px;height:1px;overflow:visible;pointer-events:none";
  parentElement.replaceChildren(svg);

  const draw = () => svg.replaceChildren(...lines(lists, svg.getBoundingClientRect()));
  const resized = new ResizeObserver(draw);
  resized.observe(lists);
  // Lists appear one after the other, each when its contender has answered.
  const changed = new MutationObserver(draw);
  changed.observe(lists, { childList: true, subtree: true });
  const stress = ({ target }) => {
    const row = target.closest?.("[data-list]")?.dataset.row;
    for (const line of svg.children) line.style.strokeWidth = line.dataset.row === row ? 4 : "";
  };
  for (const event of ["pointerover", "pointerleave"]) lists.addEventListener(event, stress);
  draw();
  return () => {
    resized.disconnect();
    changed.disconnect();
    for (const event of ["pointerover", "pointerleave"]) lists.removeEventListener(event, stress);
  };
}

// The lines of all lists with a neighbour to their right, in pixels from a corner.
function lines(lists, corner) {
  const found = new Map();
  for (const item of lists.querySelectorAll("[data-list]")) {
    const list = Number(item.dataset.list);
    if (!found.has(list)) found.set(list, new Map());
    found.get(list).set(item.dataset.row, item);
  }
  return [...found].flatMap(([list, left]) =>
    [...left].flatMap(([row, item]) => {
      const other = found.get(list + 1)?.get(row);
      return other ? line(row, item, other, corner) : [];
    }),
  );
}

// From the words at the head of an item, level to the end of its list, and on to the head of the other one.
function line(row, item, other, corner) {
  const from = item.getBoundingClientRect().right - corner.left;
  const to = other.getBoundingClientRect().left - BESIDE_LIST - corner.left;
  if (to <= from) return []; // below each other
  const [start, end] = [firstLine(item), firstLine(other)];
  const [before, after] = [start.middle - corner.top, end.middle - corner.top];
  const bend = (from + to) / 2;
  const path = document.createElementNS(SVG, "path");
  path.dataset.row = row;
  const begin = Math.min(start.right - corner.left + BESIDE_TEXT, from);
  path.setAttribute("d", `M${begin} ${before}H${from}C${bend} ${before} ${bend} ${after} ${to} ${after}`);
  path.style.cssText = "fill:none;stroke:#0072B2;stroke-width:1.5;stroke-opacity:0.75";
  return [path];
}

// The end and the middle of the first line of an item's head, whose words may take several.
function firstLine(item) {
  const words = [...item.firstElementChild.children].map((word) => word.getBoundingClientRect());
  const right = Math.max(...words.filter(({ top }) => top < words[0].bottom).map((word) => word.right));
  return { right, middle: (words[0].top + words[0].bottom) / 2 };
}
