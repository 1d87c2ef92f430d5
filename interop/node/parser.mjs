// The official parsers of both layers, for the codec's tests. Each command takes and gives lists of frames:
// a string is a text frame, `{ bytes }` (base64) a binary one.
import { decodePacket, encodePacket } from 'engine.io-parser';
import { Decoder, Encoder, PacketType } from 'socket.io-parser';
import { serve } from './control.mjs';
import { versions } from './versions.mjs';

/** Bytes inside a packet are `{ $bytes: base64 }` on the runner's side, as they are in the codec's JSON. */
const inward = (value) => {
  if (Array.isArray(value)) return value.map(inward);
  if (value === null || typeof value !== 'object') return value;
  if (Object.keys(value).length === 1 && typeof value.$bytes === 'string') {
    return Buffer.from(value.$bytes, 'base64');
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inward(inner)]));
};
const outward = (value) => {
  if (Buffer.isBuffer(value) || value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
    return { $bytes: Buffer.from(value.buffer ? value : new Uint8Array(value)).toString('base64') };
  }
  if (Array.isArray(value)) return value.map(outward);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, outward(inner)]));
};

const frame = (encoded) =>
  typeof encoded === 'string' ? encoded : { bytes: Buffer.from(encoded).toString('base64') };
const raw = (given) => (typeof given === 'string' ? given : Buffer.from(given.bytes, 'base64'));

const wrap = (packet) =>
  new Promise((done) => encodePacket(packet, true, (encoded) => done(frame(encoded))));

const names = Object.fromEntries(
  Object.entries(PacketType).filter(([, value]) => typeof value === 'number').map(([name, value]) => [value, name]),
);

serve(
  { port: 0, versions: versions('socket.io-parser', 'engine.io-parser') },
  {
    /** Engine.IO: one packet to one frame. */
    engineEncode: ({ type, data }) => wrap({ type, data: inward(data) }),
    engineDecode: ({ frame: given }) => {
      const { type, data } = decodePacket(raw(given), 'nodebuffer');
      return { type, data: outward(data) ?? null };
    },
    /** Socket.IO: one packet to the frames that go over the WebSocket. */
    encode: ({ packet }) => {
      const encoded = new Encoder().encode({ ...packet, type: PacketType[packet.type], data: inward(packet.data) });
      return Promise.all(encoded.map((data) => wrap({ type: 'message', data })));
    },
    /** The packets in these frames, or what the parser says against them. */
    decode: ({ frames }) => {
      const decoder = new Decoder();
      const packets = [];
      decoder.on('decoded', ({ type, nsp, id, data }) =>
        packets.push({ type: names[type], nsp, id: id ?? null, data: outward(data) ?? null }),
      );
      for (const given of frames) {
        const { type, data } = decodePacket(raw(given), 'nodebuffer');
        if (type === 'message') decoder.add(data);
        else packets.push({ type, data: outward(data) ?? null });
      }
      return packets;
    },
  },
);
