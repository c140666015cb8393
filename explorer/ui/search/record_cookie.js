// Has the browser keep, or forget, what names the record of a visitor; or keep it for longer.

export default function ({ data: { name, value, seconds, renew } }) {
  // Another tab may have turned the record off, or erased it, since this page was drawn.
  if (renew && !document.cookie.split("; ").includes(`${name}=${value}`)) return;
  const secure = window.location.protocol === "https:" ? "; Secure" : "";
  const age = value ? seconds : 0;
  document.cookie = `${name}=${value}; Max-Age=${age}; Path=/; SameSite=Strict${secure}`;
}
