// What several nodes share through Redis: the adapter that carries broadcasts, and the tasks.
import { readFileSync } from 'node:fs';
import { createAdapter } from '@socket.io/redis-adapter';
import { createClient } from 'redis';

const script = readFileSync(new URL('tasks.lua', import.meta.url), 'utf8');

/** Connects a node to Redis. */
export async function connect(url) {
  const store = createClient({ url });
  const subscriber = store.duplicate();
  for (const client of [store, subscriber]) client.on('error', (error) => console.error(error));
  await Promise.all([store.connect(), subscriber.connect()]);
  return {
    adapter: createAdapter(store, subscriber),
    tasks: async () => Object.values(await store.hGetAll('tasks')).map((task) => JSON.parse(task)),
    change: async (action, message, item) =>
      JSON.parse(
        await store.eval(script, {
          keys: ['tasks', 'answers'],
          arguments: [action, message ?? '', JSON.stringify(item)],
        }),
      ),
  };
}
