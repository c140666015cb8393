// Says to screen readers what Python announces, in one live region for all pages: a region that comes with its text,
// as a page that is drawn anew would bring it, is not read out.

const LATER = 150; // milliseconds, after which a new region is known to the screen reader
const said = new Map(); // the last text of each place
let region;

function made() {
  const element = document.createElement("div");
  element.setAttribute("role", "status");
  element.setAttribute("aria-live", "polite");
  element.style.cssText = "position: fixed; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%)";
  return document.body.appendChild(element);
}

// On a phone Streamlit calls the button that shows the pages "Expand sidebar"; style.css writes "Menu" on it. It is made
// anew whenever the menu closes.
function nameMenu() {
  document.querySelector("[data-testid=stExpandSidebarButton]")?.setAttribute("aria-label", "Menu of the pages");
}

export default function ({ data: { place, text } }) {
  if (!region) {
    region = made();
    new MutationObserver(nameMenu).observe(document.querySelector("[data-testid=stApp]"), { childList: true, subtree: true });
    nameMenu();
    document.addEventListener("keydown", followButton);
  }
  if (said.get(place) === text) return;
  said.set(place, text);
  if (text) setTimeout(() => (region.textContent = text), LATER);
}
