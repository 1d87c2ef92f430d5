// The demo's server on Socket.IO, as a program.

import { readOptions } from "./src/options.js";
import { start } from "./src/server.js";

try {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options.help) {
    console.log(options.help);
  } else {
    const server = await start(options);
    console.log(`listening on ${server.url}`);
    const stop = () => server.close().then(() => process.exit(0));
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, stop);
  }
} catch (error) {
  console.error(`realtime-demo-node-server: ${error.message}`);
  process.exitCode = 1;
}
