// What the hooks need of a server: edits of a list, presence, typing. The state of the list is in Redis,
// presence is with the sockets, on whichever node they are.

/** Has `socket` take part. */
export function hooks(io, shared, socket) {
  if (shared) {
    for (const action of ['create', 'update', 'delete']) {
      socket.on(`task:${action}`, async ({ channel, messageId, ...item }, ack) => {
        const answer = await shared.change(action, messageId, item);
        // A repeat is told again as well: the node that heard it first may have died before it told.
        if (answer.item) {
          io.to(channel).emit('list:update', { channel, messageId, action, item: answer.item });
        }
        ack?.(answer);
      });
    }
  }

  const rooms = new Map();
  socket.on('presence:announce', async ({ channel, messageId, ...member }, ack) => {
    const isNew = !rooms.has(channel);
    const row = { ...member, channel, userId: member.user.id, connectionId: socket.id };
    rooms.set(channel, row);
    socket.data.present = [...rooms.values()];
    io.to(channel).emit('presence:update', row);
    if (isNew) {
      // A node that has just died gives no answer; those that are left will do.
      const sockets = await io.in(channel).fetchSockets().catch(() => io.local.in(channel).fetchSockets());
      const present = sockets.flatMap(({ data }) => data.present ?? []);
      const members = present.filter((other) => other.channel === channel);
      socket.emit('presence:sync', { channel, members });
    }
    ack?.({});
  });
  const leave = (channel) => {
    const row = rooms.get(channel);
    if (!row) return;
    rooms.delete(channel);
    socket.data.present = [...rooms.values()];
    const { userId, connectionId } = row;
    io.to(channel).emit('presence:leave', { channel, userId, connectionId });
  };
  socket.on('presence:leave', ({ channel }, ack) => {
    leave(channel);
    ack?.({});
  });
  socket.on('disconnect', () => [...rooms.keys()].forEach(leave));

  for (const event of ['typing:start', 'typing:stop']) {
    socket.on(event, (payload, ack) => {
      socket.to(payload.channel).emit(event, payload);
      ack?.({});
    });
  }
}
