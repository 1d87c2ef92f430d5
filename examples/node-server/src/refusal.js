// Why the server refuses something, and the checks of what clients send.

const STATUS = {
  invalid_json: 400,
  unknown_event: 400,
  unauthorized: 401,
  forbidden: 403,
  unknown_channel: 404,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  duplicate_id: 409,
  limit_reached: 409,
  too_many_subscriptions: 409,
  too_slow: 408,
  too_large: 413,
  unsupported_media_type: 415,
  invalid_data: 422,
  text_behind: 422,
  text_full: 422,
  rate_limited: 429,
  internal: 500,
};

/** A refusal: a word for programs, a sentence that tells people what to do differently. */
export class Refusal extends Error {
  constructor(code, message, retryAfter) {
    super(message);
    this.code = code;
    this.retryAfter = retryAfter;
  }

  /** Whatever was thrown, as a refusal; a defect of the server is logged and told without its inside. */
  static from(error) {
    if (error instanceof Refusal) return error;
    console.error("a defect:", error);
    return new Refusal("internal", "the server has a defect here: its output says which");
  }

  get status() {
    return STATUS[this.code];
  }

  /** As it goes over the wire. */
  toJSON() {
    return { code: this.code, message: this.message, retryAfter: this.retryAfter };
  }
}

export const invalid = (message) => new Refusal("invalid_data", message);

/** What a client sent, cut short enough to be quoted. */
export function quoted(text) {
  const letters = [...text];
  return JSON.stringify(letters.length > 40 ? `${letters.slice(0, 40).join("")}…` : letters.join(""));
}

/** The longest texts, in characters. */
export const LENGTH = { title: 200, text: 2000, name: 80 };

/** Checks a text from a client: not blank, not too long, no control characters but line breaks and tabs. */
export function text(what, value, max) {
  if (typeof value !== "string") throw invalid(`${what} must be a text`);
  if (value.trim() === "") throw invalid(`${what} must not be empty`);
  if ([...value].length > max) throw invalid(`${what} must have at most ${max} characters`);
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/.test(value)) {
    throw invalid(`${what} must not have control characters`);
  }
  return value;
}

/** The same for a text that may be left out, which `null` counts as. */
export function optionalText(what, value, max) {
  return value === undefined || value === null ? undefined : text(what, value, max);
}

/** An object with named fields, which an array or a buffer is not. */
export function isRecord(value) {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
