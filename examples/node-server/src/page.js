// The built page: its files, and `index.html` for every address that is not one, under a policy that runs its own
// scripts only.

import { createHash } from "node:crypto";
import { lstat, readFile } from "node:fs/promises";
import { extname, join } from "node:path";

// What a page may do: run its own scripts, and compile WebAssembly; load its own styles, and set single ones from its
// code; talk to its own server, sockets among it; show its own pictures. Nothing stands in the page itself: no styles, and
// of scripts only those whose hashes are given.
const POLICY =
  "default-src 'none'; connect-src 'self'; img-src 'self' data:; style-src 'self'; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'; script-src 'self' 'wasm-unsafe-eval'";

const TYPES = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** Answers requests for what is in the folder `dist`. */
export function createPage(dist) {
  return async (request, response, path) => {
    const file = path === "/" || extname(path) === "" ? "/index.html" : path;
    const content = ["GET", "HEAD"].includes(request.method) ? await read(dist, file) : undefined;
    response.setHeader("x-content-type-options", "nosniff");
    response.setHeader("referrer-policy", "no-referrer");
    if (content === undefined) {
      response.writeHead(404, { "content-type": "text/plain" });
      response.end("There is no such page: build the demo with `trunk build`, or name its folder with --dist.\n");
      return;
    }
    response.writeHead(200, {
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
      "content-security-policy": file === "/index.html" ? policyFor(content.toString()) : POLICY,
      "cache-control": "no-cache",
    });
    response.end(content);
  };
}

/** A file of the folder, by plain names; nothing if there is none, if it begins with a dot or is a link to elsewhere. */
async function read(dist, path) {
  try {
    let place = dist;
    for (const name of path.split("/").filter(Boolean)) {
      place = join(place, name);
      if (!/^[\w-][\w.-]*$/.test(name) || (await lstat(place)).isSymbolicLink()) return undefined;
    }
    return await readFile(place);
  } catch {
    return undefined;
  }
}

/** The policy of a page, with the hash of each script that stands in it: the loader that Trunk writes is one. */
export function policyFor(html) {
  const scripts = [...html.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/g)];
  const inline = scripts.filter(([, attributes]) => !/\ssrc=/.test(attributes));
  const hashes = inline.map(([, , script]) => ` 'sha256-${createHash("sha256").update(script).digest("base64")}'`);
  return POLICY + hashes.join("");
}
