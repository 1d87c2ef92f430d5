-- What there is of the shared state, seen from an entry of the log.
-- KEYS: the log, the snapshot. ARGV: the id of the entry.
-- Gives: the snapshot's entry, the snapshot's format, the log's last id, whether the entry is in the log.
local snapshot = redis.call('HMGET', KEYS[2], 'at', 'format')
local last, known = last_of(KEYS[1]), 0
if last then
    known = #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])
end
return { snapshot[1] or '', snapshot[2] or '', last or '', known }
