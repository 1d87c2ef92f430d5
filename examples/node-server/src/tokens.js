// Tokens: who somebody is, in a text that only servers with the same secret can write. Nothing is kept of them.

import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { LENGTH, Refusal, invalid, text } from "./refusal.js";

/** The longest token that is looked at, in characters. */
const LONGEST = 2 * 1024;
const KEY = { least: 16, most: 128 };

/** Whoever they say they are: for tests and measurements, with --trust-clients. */
export const TRUSTED = Object.freeze({ isTrusted: true });
/** Somebody without a token. */
export const STRANGER = Object.freeze({ isStranger: true });

export class Tokens {
  #secret;
  #life;
  #trustsClients;

  constructor({ secret = randomBytes(32), tokenLife, trustClients }) {
    this.#secret = secret;
    this.#life = tokenLife;
    this.#trustsClients = trustClients;
  }

  /** Signs somebody in. There are no passwords here: an app checks at this point who somebody is. */
  open({ name, key, user: claimed }) {
    const user = { id: this.#idOf(key ?? undefined, claimed ?? undefined), name: text("name", name, LENGTH.name) };
    const until = Date.now() + this.#life;
    return { token: this.#write({ user, until }), user, until };
  }

  /** Who brings a token, or none; a wrong one is refused also where none is needed. */
  read(token) {
    if (token === undefined || token === null) return { visitor: this.#trustsClients ? TRUSTED : STRANGER };
    const claims = typeof token === "string" && token.length <= LONGEST ? this.#claims(token) : undefined;
    if (claims === undefined || claims.until <= Date.now()) throw unauthorized();
    return { visitor: { user: claims.user }, until: claims.until };
  }

  #idOf(key, claimed) {
    if (claimed !== undefined) {
      if (this.#trustsClients) return text("user", claimed, LENGTH.name);
      throw new Refusal("forbidden", "this server does not take your word for who you are: send a key of yours");
    }
    const length = typeof key === "string" ? [...key].length : 0;
    if (length < KEY.least || length > KEY.most) {
      throw invalid(`send a key of ${KEY.least} to ${KEY.most} characters that nobody else has`);
    }
    return `u-${createHash("sha256").update(key).digest("hex").slice(0, 16)}`;
  }

  #write(claims) {
    const written = Buffer.from(JSON.stringify(claims));
    return `${written.toString("base64url")}.${this.#signature(written).toString("base64url")}`;
  }

  #claims(token) {
    const [claims, signature, more] = token.split(".").map((part) => Buffer.from(part, "base64url"));
    if (signature === undefined || more !== undefined) return undefined;
    const wanted = this.#signature(claims);
    if (signature.length !== wanted.length || !timingSafeEqual(signature, wanted)) return undefined;
    return JSON.parse(claims.toString());
  }

  #signature(claims) {
    return createHmac("sha256", this.#secret).update(claims).digest();
  }
}

export const unauthorized = () => new Refusal("unauthorized", "the token is missing or wrong");
