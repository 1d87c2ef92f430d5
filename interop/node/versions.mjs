// The versions of what this folder's lock file brought.
import { readFileSync } from 'node:fs';

const of = (name) =>
  JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;

/** `{ node: …, [name]: … }` for these packages. */
export function versions(...names) {
  const found = { node: process.versions.node };
  for (const name of names) found[name] = of(name);
  return found;
}
