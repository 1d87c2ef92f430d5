// The command line.

import { parseArgs } from "node:util";

const USAGE = `The demo's server on Socket.IO: the same pages, REST interface and events as ../demo-server.

Usage: node server.js [options]

  --listen ADDR            Where to listen; port 0 takes a free one [default: 127.0.0.1:8080]
  --dist DIR               The folder of the built page [default: dist]
  --tick MS                How often the prices move; 0 stops them [default: 250]
  --history EVENTS         Events kept per channel for those who resume [default: 1000]
  --recovery MS            For how long a lost connection can be resumed by Socket.IO itself; 0 never
                           [default: 120000]
  --max-connections COUNT  Sockets at once [default: 1000]
  --max-message-bytes N    Bytes of one message or one request body [default: 65536]
  --rate PER_SECOND        Messages per second and socket; twice as many at once after a pause [default: 200]
  --secret SECRET          What the tokens of users are signed with; a random secret if there is none
                           [environment: DEMO_SECRET]
  --token-life MS          How long a token is good [default: 3600000]
  --trust-clients          Take people for whom they say they are, with a token or without; for tests
  --host NAME              A name under which this server answers, beside localhost and addresses in numbers; its pages
                           come by https, or with http:// before it by that
  --max-requests COUNT     Connections at once that are no sockets, or not yet [default: 512]
  --max-per-address COUNT  Connections at once from one address; if not given, 256, and any number from this machine
  --any-origin             Let pages of any origin open sockets, not only the server's own; for tests
  --help                   Say this`;

const TYPES = {
  listen: { type: "string", default: "127.0.0.1:8080" },
  dist: { type: "string", default: "dist" },
  tick: { type: "string", default: "250" },
  history: { type: "string", default: "1000" },
  recovery: { type: "string", default: "120000" },
  "max-connections": { type: "string", default: "1000" },
  "max-message-bytes": { type: "string", default: "65536" },
  rate: { type: "string", default: "200" },
  secret: { type: "string" },
  "token-life": { type: "string", default: "3600000" },
  "trust-clients": { type: "boolean", default: false },
  host: { type: "string", multiple: true, default: [] },
  "max-requests": { type: "string", default: "512" },
  "max-per-address": { type: "string" },
  "any-origin": { type: "boolean", default: false },
  help: { type: "boolean", default: false },
};

/** What the command line says; throws an Error with a sentence for people. */
export function readOptions(args, environment = {}) {
  const { values } = parseArgs({ args, options: TYPES });
  return {
    help: values.help ? USAGE : undefined,
    listen: address(values.listen),
    dist: values.dist,
    tick: whole(values, "tick", 0),
    history: whole(values, "history", 0),
    recovery: whole(values, "recovery", 0),
    maxConnections: whole(values, "max-connections", 1),
    maxMessageBytes: whole(values, "max-message-bytes", 1),
    rate: whole(values, "rate", 1),
    secret: values.secret ?? environment.DEMO_SECRET,
    tokenLife: whole(values, "token-life", 0),
    trustClients: values["trust-clients"],
    hosts: values.host.map((name) => name.toLowerCase()),
    maxRequests: whole(values, "max-requests", 1),
    maxPerAddress: values["max-per-address"] === undefined ? undefined : whole(values, "max-per-address", 1),
    anyOrigin: values["any-origin"],
  };
}

/** `127.0.0.1:8080` or `[::1]:8080`. */
function address(text) {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) {
    throw new Error(`--listen wants an address with a port, such as 127.0.0.1:0, not ${text}`);
  }
  return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
}

function whole(values, name, least) {
  const number = /^\d{1,15}$/.test(values[name]) ? Number(values[name]) : NaN;
  if (!(number >= least)) {
    throw new Error(`--${name} wants a whole number from ${least}, not ${values[name]}`);
  }
  return number;
}
