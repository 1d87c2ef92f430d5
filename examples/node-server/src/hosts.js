// Hosts: under which names this server answers, and whose pages may open sockets.
//
// A page elsewhere can have its own name resolve to this machine (DNS rebinding): to the browser it is then of the same
// origin. What gives it away is the name itself, in `Host`.

import { isIP } from "node:net";

/** Whether a host is this machine's own name, an address in numbers, or one of `names`. */
export function isKnown(host, names) {
  const name = nameOf(host);
  return name !== undefined && (isOwn(name) || names.some((known) => withScheme(known)[1] === name));
}

/** Whether a request comes under a name of ours, and only one. */
export function isForUs({ headersDistinct, url }, names) {
  const hosts = headersDistinct.host ?? [];
  return hosts.length === 1 && isKnown(hosts[0], names) && url.startsWith("/");
}

/**
 * Whether a socket is opened by a page of this host, or by no page: the origin is one of ours, and with scheme, host and
 * port the one that was asked.
 */
export function isSameOrigin({ headers }, names) {
  if (headers.origin === undefined) return true;
  const [, scheme, page] = /^(https?):\/\/(.+)$/.exec(headers.origin) ?? [];
  if (page === undefined) return false;
  // A browser leaves the scheme's own port out, but a proxy may not.
  const port = scheme === "https" ? /:443$/ : /:80$/;
  const isPageOf = (host) => host.toLowerCase().replace(port, "") === page.toLowerCase();
  const { host = "", "x-forwarded-host": forwarded = "" } = headers;
  // The proxy of a development server asks under another name than the page did. It is believed where that is this very
  // machine, and nowhere else: anybody can write the header.
  return (isPageOf(host) && comesBy(scheme, host, names)) || (isPageOf(forwarded) && isThisMachine(forwarded));
}

/** The name of a host without its port, in small letters; of an IPv6 address in its brackets. */
function nameOf(host) {
  const [, name] = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i.exec(host ?? "") ?? [];
  return name?.toLowerCase().replace(/\.$/, "");
}

/** This machine's own names, and addresses in numbers. */
const isOwn = (name) => isLocalhost(name) || isIP(name) === 4 || (name.startsWith("[") && isIP(name.slice(1, -1)) === 6);
const isLocalhost = (name) => name === "localhost" || name.endsWith(".localhost");

/** A name as it was given to `--host`, and the scheme that its pages come by: https, unless it says otherwise. */
const withScheme = (known) => (known.includes("://") ? known.split("://") : ["https", known]);

/**
 * Whether the pages of a host come by that scheme: of this machine and of numbers, for which there are no certificates,
 * by either, of a name as `--host` says.
 */
function comesBy(scheme, host, names) {
  const name = nameOf(host);
  const isSaid = (known) => withScheme(known)[0] === scheme && withScheme(known)[1] === name;
  return name !== undefined && (isOwn(name) || names.some(isSaid));
}

function isThisMachine(host) {
  const name = nameOf(host) ?? "";
  return isLocalhost(name) || name === "[::1]" || (isIP(name) === 4 && name.startsWith("127."));
}
