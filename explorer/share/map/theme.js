// The colours and the font around the map, which Streamlit gives as properties of an element around it.

function groundOf(root) {
  return getComputedStyle(root).getPropertyValue("--st-background-color").trim() || "#ffffff";
}

function themeOf(root) {
  const style = getComputedStyle(root);
  const property = (name, other) => style.getPropertyValue(name).trim() || other;
  const text = property("--st-text-color", "#31333f");
  const background = groundOf(root);
  return {
    background,
    dark: partsOf(background).reduce((sum, part) => sum + part, 0) < 3 * 128,
    text,
    font: property("--st-font", "sans-serif"),
    found: property("--st-red-color", "#d00000"),
    ring: partsOf(text).map((part) => part / 255),
    grey: [140, 140, 140],
  };
}

// Red, green and blue of a colour that CSS knows, 0 to 255.
function partsOf(colour) {
  const canvas = document.createElement("canvas").getContext("2d");
  canvas.fillStyle = colour;
  return [1, 3, 5].map((at) => parseInt(canvas.fillStyle.slice(at, at + 2), 16));
}
