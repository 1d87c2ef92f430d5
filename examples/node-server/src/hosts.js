// Hosts: under which names this server answers, and whose pages may open sockets.
//
// A page elsewhere can have its own name resolve to this machine (DNS rebinding): to the browser it is then of the same
// origin. What gives it away is the name itself, in `Host`.

import { isIP } from "node:net";

/** Whether a host is this machine's own name, an address in numbers, or one of `names`. */
export function isKnown(host, names) {
  const [, bracketed, name] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::\d{1,5})?$/i.exec(host ?? "") ?? [];
  if (bracketed !== undefined) return isIP(bracketed) === 6;
  const known = name?.toLowerCase().replace(/\.$/, "");
  if (known === undefined) return false;
  return isIP(known) === 4 || known === "localhost" || known.endsWith(".localhost") || names.includes(known);
}

/** Whether a request comes under a name of ours, and only one. */
export function isForUs({ headersDistinct, url }, names) {
  const hosts = headersDistinct.host ?? [];
  return hosts.length === 1 && isKnown(hosts[0], names) && url.startsWith("/");
}

/** Whether a socket is opened by a page of this host, or by no page. A proxy says under which host the page sees it. */
export function isSameOrigin({ headers }, names) {
  if (headers.origin === undefined) return true;
  const page = headers.origin.split("://")[1]?.toLowerCase();
  const hosts = [headers.host, headers["x-forwarded-host"]].filter((host) => isKnown(host, names));
  return hosts.some((host) => host.toLowerCase() === page);
}
