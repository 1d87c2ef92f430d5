// How the runner talks to a peer: one JSON object a line, commands on standard input, answers on
// standard output. A peer whose standard input ends is no longer wanted, and ends too.
import { createInterface } from 'node:readline';

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

/** Says that the peer is up, then carries out `commands[name](arguments)` as they come. */
export function serve(ready, commands) {
  const lines = createInterface({ input: process.stdin });
  lines.on('line', async (line) => {
    const { id, name, args } = JSON.parse(line);
    try {
      if (!Object.hasOwn(commands, name)) throw new Error(`there is no command ${name}`);
      say({ id, ok: (await commands[name](args)) ?? null });
    } catch (error) {
      say({ id, error: String(error?.message ?? error) });
    }
  });
  lines.on('close', () => process.exit(0));
  say({ ready });
}

/** What the runner set this peer up with. */
export const options = JSON.parse(process.argv[2] ?? '{}');

/** Listens on the wanted port, or a free one. */
export async function listen(server) {
  await new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(options.port ?? 0, '127.0.0.1', done);
  });
  return server.address().port;
}
