// Small fetch helpers. An error of the server becomes an ApiError with its message and the field it names.

export class ApiError extends Error {
  constructor({ code, message, field }) {
    super(message);
    this.code = code;
    this.field = field;
  }

  // For beside the field, which need not be named there.
  get plain() {
    return this.message.replace(`${this.field}: `, "");
  }
}

const OFFLINE = { code: "offline", message: "The server does not answer. Is Tunesmith still running?" };

export async function send(url, options = {}) {
  let response;
  try {
    response = await fetch(url, { ...options, headers: { Accept: "application/json", ...options.headers } });
  } catch {
    throw new ApiError(OFFLINE);
  }
  const body = await response.json().catch(() => ({ error: { code: "unreadable", message: response.statusText } }));
  if (!response.ok) throw new ApiError(body.error);
  return body;
}

// A piece of page rendered by the server, as nodes ready to be put in place.
export async function fragment(url) {
  const response = await fetch(url, { headers: { Accept: "text/html" } });
  if (!response.ok) throw new ApiError({ code: "http", message: `The page could not be loaded (${response.status}).` });
  const template = document.createElement("template");
  template.innerHTML = await response.text();
  return template.content;
}

export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
