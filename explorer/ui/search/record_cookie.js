// Has the browser keep, or forget, what names the record of a visitor.

export default function ({ data: { name, value, seconds } }) {
  const secure = window.location.protocol === "https:" ? "; Secure" : "";
  const age = value ? seconds : 0;
  document.cookie = `${name}=${value}; Max-Age=${age}; Path=/; SameSite=Strict${secure}`;
}
